import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { jobFiles } from '../../../../scripts/state/job/job-directory.ts';
import { aWorkspace, type CliResult, type World } from '../../../support/world.ts';

const SILENT_PIPE = /nothing came through the pipe on stdin within 250 ms, so the command reads \/dev\/null/;

/** One that has nothing in it and does not end, as long as the shell lives. */
const OPEN_PIPE = 'mkfifo open; exec 3<>open';

/** What a background job has written, once it has ended. */
async function output(world: World, background: CliResult): Promise<string> {
  assert.equal(background.code, 0, background.stderr);
  const { jobId, logFile } = background.json;
  await world.cli('wait', jobId);
  return readFileSync(logFile, 'utf8');
}

const inputs: Record<string, { line: (run: string) => string; reads: string; sh?: string }> = {
  'a file': { line: (run) => `${run} <input`, reads: 'first\nsecond\n' },
  'a file from where it stands': { line: (run) => `{ read -r one; ${run}; } <input`, reads: 'second\n' },
  'a file that has lost its name': {
    line: (run) => `exec <input; rm input; ${run}`,
    reads: 'first\nsecond\n',
  },
  'a here-document': { line: (run) => `${run} <<'EOF'\na $b\nEOF`, reads: 'a $b\n' },
  'a here-document of bash': { line: (run) => `${run} <<'EOF'\na $b\nEOF`, reads: 'a $b\n', sh: 'bash' },
  'a pipe': { line: (run) => `cat input | ${run}`, reads: 'first\nsecond\n' },
  'a pipe that goes on late': {
    line: (run) => `{ echo a; sleep 0.7; echo b; } | ${run}`,
    reads: 'a\nb\n',
  },
  'bytes that are no text': { line: (run) => `printf '\\377\\000\\n' | ${run}`, reads: '\ufffd\0\n' },
  'a pipe that ends at once': { line: (run) => `true | ${run}`, reads: '' },
};

for (const [name, { line, reads, sh }] of Object.entries(inputs)) {
  test(`a command reads what stdin is: ${name}`, async () => {
    await using world = await aWorkspace();
    world.write('input', 'first\nsecond\n');
    const foreground = await world.shell(line('cc run -- cat'), { sh });
    assert.deepEqual([foreground.code, foreground.stdout], [0, reads], foreground.stderr);
    assert.doesNotMatch(foreground.stderr, SILENT_PIPE);
    world.write('input', 'first\nsecond\n');
    const background = await world.shell(line('cc run --background --json -- cat'), { sh });
    assert.equal(await output(world, background), reads);
  });
}

test('a loop that reads a list from stdin goes on where it was, whatever its jobs read', async () => {
  await using world = await aWorkspace();
  world.write('list', 'one\ntwo\nthree\n');
  const loop = 'while read -r name; do cc run -- sh -c "echo $name; cat >/dev/null"; done <list';
  assert.equal((await world.shell(loop)).stdout, 'one\ntwo\nthree\n');
});

test('a pipe that is left open without a word is not waited for, and that is said', async () => {
  await using world = await aWorkspace();
  const { code, stdout, stderr } = await world.shell(`${OPEN_PIPE}; cc run -- cat <&3`);
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, SILENT_PIPE);
  assert.match(stderr, /completed/);
});

test('/dev/null and a socket are no input, and nothing is said of them', async () => {
  await using world = await aWorkspace();
  for (const stdin of [undefined, 'open', 'text'] as const) {
    // Node gives its children sockets, as the SDKs of agents do.
    const { code, stdout, stderr } = await world.cliWith({ stdin }, 'run', '--', 'cat');
    assert.deepEqual([code, stdout], [0, '']);
    assert.doesNotMatch(stderr, /stdin/);
  }
});

test('--stdin - waits for the end of whatever stdin is', async () => {
  await using world = await aWorkspace();
  const late = '{ sleep 0.7; echo late; } | cc run --stdin - -- cat';
  assert.equal((await world.shell(late)).stdout, 'late\n');
  const socket = await world.cliWith({ stdin: 'through a socket' }, 'run', '--stdin', '-', '--', 'cat');
  assert.equal(socket.stdout, 'through a socket');
});

test('more than 64 MB through a pipe is refused, and nothing is started', async () => {
  await using world = await aWorkspace();
  const count = (bytes: number) => `head -c ${bytes} /dev/zero | cc run --json --exit-code=outcome -- wc -c`;
  const refused = await world.shell(count(64 * 1024 * 1024 + 1));
  assert.deepEqual([refused.code, refused.json.error.code], [2, 'usage']);
  assert.match(refused.json.error.message, /stdin holds more than 64 MB.*Nothing was started/);
  assert.equal(existsSync(world.stateRoot), false);
  const taken = await world.shell(count(64 * 1024 * 1024));
  assert.equal(taken.code, 0, taken.stderr);
});

test('what came through a pipe lies in the job’s directory, for its owner alone', async () => {
  await using world = await aWorkspace();
  const { json } = await world.shell('echo hidden | cc run --background --json -- cat');
  await world.untilStage(json.jobId, 'finished');
  const { input } = jobFiles(world.reading(json.jobId).facts.directory);
  assert.equal(readFileSync(input, 'utf8'), 'hidden\n');
});

test('--stdin /dev/stdin is the file that stands behind it', async () => {
  await using world = await aWorkspace();
  world.write('input', 'first\n');
  assert.equal((await world.shell('cc run --stdin /dev/stdin -- cat <input')).stdout, 'first\n');
});

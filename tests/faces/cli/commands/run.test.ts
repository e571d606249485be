import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

/** Prints its arguments, each between angle brackets. */
const show = (world: World) =>
  world.write('show', '#!/bin/sh\nfor word; do printf "<%s>" "$word"; done\n', 0o755);

test('a foreground command prints its output and exits with its own status', async () => {
  await using world = await aWorkspace();
  const { code, stdout, stderr } = await world.cli('run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.deepEqual({ code, stdout }, { code: 7, stdout: 'out\nerr\n' });
  const [first, last] = stderr.trimEnd().split('\n');
  assert.match(
    first ?? '',
    /^(run-\S+) started; "codex-companion result \1" collects it if this wait ends early$/,
  );
  assert.match(last ?? '', /^run-\S+ failed \(exit 7\) after \S+$/);
});

test('a signal shows as 128 + n, and --exit-code=outcome gives the table', async () => {
  await using world = await aWorkspace();
  const command = ['--', 'sh', '-c', 'kill -TERM $$'];
  assert.equal((await world.cli('run', ...command)).code, 143);
  assert.equal((await world.cli('run', '--exit-code=outcome', ...command)).code, 1);
  assert.equal((await world.cli('run', '--exit-code', 'outcome', '--', 'true')).code, 0);
});

test('arguments arrive byte for byte', async () => {
  await using world = await aWorkspace();
  const words = [
    `it's`,
    'a  b',
    'back\\slash',
    'new\nline',
    '$(no)',
    '`no`',
    '--write',
    '--',
    '',
    '*',
    'ä€😀',
    '&',
  ];
  const { stdout } = await world.cli('run', '--', show(world), ...words);
  assert.equal(stdout, words.map((word) => `<${word}>`).join(''));
});

test('--json gives one object with the end of the output', async () => {
  await using world = await aWorkspace();
  const { code, json, stderr } = await world.cli('run', '--json', '--', 'sh', '-c', 'echo out; exit 3');
  assert.deepEqual(
    [code, json.status, json.rawOutput, json.truncated, json.threadId],
    [3, 3, 'out\n', false, null],
  );
  assert.deepEqual([json.outcome.ending, json.outcome.exitCode], ['failed', 3]);
  assert.match(stderr, /started/);
});

test('a background command returns at once with what 1.0.5 told', async () => {
  await using world = await aWorkspace();
  const { code, json } = await world.cli(
    'run',
    '--background',
    '--name',
    'a nap',
    '--json',
    '--',
    'sleep',
    '30',
  );
  const { jobId, logFile, ...rest } = json;
  assert.equal(code, 0);
  assert.match(jobId, /^run-[a-z0-9]+-[a-z0-9]+$/);
  assert.deepEqual(rest, { number: 1, status: 'queued', title: 'a nap', summary: 'sleep 30' });
  assert.ok(existsSync(logFile));
  assert.equal((await world.cli('cancel', jobId)).code, 0);
});

test('a foreground worker is nobody’s child, and the job outlives its killed waiter', async () => {
  await using world = await aWorkspace();
  const gate = join(world.workspace, 'gate');
  const waiter = world.start('run', '--', 'sh', '-c', `until [ -e ${gate} ]; do sleep 0.05; done; echo end`);
  const id = await until('the job is told', () => /^(run-\S+) started/.exec(waiter.stderr)?.[1]);
  const { claim } = (await world.untilStage(id, 'running')).facts;
  const worker = claim?.kind === 'worker' ? claim.worker.pid : 0;
  const stat = readFileSync(`/proc/${worker}/stat`, 'utf8');
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  assert.ok(![waiter.pid, process.pid].includes(parent), `its parent is ${parent}`);

  waiter.signal('SIGKILL');
  await waiter.ended;
  writeFileSync(gate, '');
  const { code, json } = await world.cli('wait', id, '--json');
  assert.deepEqual([code, json.jobs[0].status], [0, 'completed']);
  assert.equal((await world.cli('logs', id)).stdout, 'end\n');
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends the wait only, and says so`, async () => {
    await using world = await aWorkspace();
    const waiter = world.start('run', '--', 'sleep', '30');
    const id = await until('the job is told', () => /^(run-\S+) started/.exec(waiter.stderr)?.[1]);
    await world.untilStage(id, 'running');
    waiter.signal(signal);
    const { code, stderr } = await waiter.ended;
    assert.equal(code, status);
    assert.match(stderr, new RegExp(`${id} goes on\\. To stop: codex-companion cancel ${id}`));
    assert.equal(world.reading(id).state.stage, 'running');
    await world.cli('cancel', id);
  });
}

test('a signal between start and wait ends the command after it has told the job', async () => {
  await using world = await aWorkspace();
  const waiter = world.start('run', '--', 'sleep', '30');
  const starter = await until('the starter runs', () =>
    world.processes().find(({ command }) => command.includes(' enqueue-draft ')),
  );
  process.kill(starter.pid, 'SIGSTOP');
  waiter.signal('SIGINT');
  process.kill(starter.pid, 'SIGCONT');
  const { code, stderr } = await waiter.ended;
  assert.equal(code, 130);
  assert.match(stderr, /^(run-\S+) started.*\nOnly the wait has ended \(SIGINT\); \1 goes on\./);
  assert.equal((await world.cli('cancel')).code, 0);
});

test('output is shown while the command runs, from its first byte', async () => {
  await using world = await aWorkspace();
  const gate = join(world.workspace, 'gate');
  const text = `printf first; until [ -e ${gate} ]; do sleep 0.05; done; echo; echo second`;
  const waiter = world.start('run', '--', 'sh', '-c', text);
  await until('the first word is shown', () => waiter.stdout === 'first');
  writeFileSync(gate, '');
  const { code, stdout } = await waiter.ended;
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'first\nsecond\n' });
});

test('a reader that goes away ends the wait quietly; the job goes on', async () => {
  await using world = await aWorkspace();
  const companion = `'${process.execPath}' '${join(world.bundles, 'companion.cjs')}'`;
  const script = `${companion} run -- sh -c 'while echo y; do sleep 0.01; done' | head -n 2; sleep 0.1`;
  const { stdout, stderr } = await world.cliWith({ program: ['sh', '-c', script] });
  assert.equal(stdout, 'y\ny\n');
  assert.match(
    stderr,
    /^run-\S+ started.*\nOnly the wait has ended \(nobody reads its output\); .* goes on\..*\n$/,
  );
  assert.equal((await world.cli('cancel')).code, 0);
});

test('the caller’s environment reaches the command, and stands in no file', async () => {
  await using world = await aWorkspace();
  const env = { CALLERS_KEY: 'sesame-open' };
  const { stdout } = await world.cliWith({ env }, 'run', '--', 'sh', '-c', 'echo "$CALLERS_KEY" | wc -c');
  assert.equal(stdout.trim(), '12');
  const files = readdirSync(world.stateRoot, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.some((file) => file.endsWith('request.json')));
  assert.deepEqual(
    files.filter((file) => readFileSync(file, 'utf8').includes('sesame-open')),
    [],
  );
});

test('what cannot be started is refused and starts nothing', async () => {
  await using world = await aWorkspace();
  for (const args of [
    [],
    ['--'],
    ['--', ''],
    ['sleep', '5', '--background'],
    ['sleep 5'],
    ['--deadline', 'soon', '--', 'true'],
    ['--frob', '--', 'true'],
    ['--shell', 'true', '--', 'true'],
    ['--exit-code=maybe', '--', 'true'],
    ['--cwd', '/does/not/exist', '--', 'true'],
  ]) {
    const { code, json } = await world.cli('run', '--json', ...args);
    assert.deepEqual([code, json.error?.code], [2, 'usage'], args.join(' '));
  }
  assert.equal(existsSync(world.stateRoot), false);
});

test('limits are told by name', async () => {
  await using world = await aWorkspace();
  const { code, json } = await world.cli('run', '--json', '--deadline', '1s', '--', 'sleep', '30');
  assert.notEqual(code, 0);
  assert.deepEqual([json.outcome.ending, json.outcome.limit], ['timed-out', 'deadline']);
});

test('a limit stops all of the command, also what has left its group', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli(
    'run',
    '--deadline',
    '1',
    '--',
    'sh',
    '-c',
    'setsid sleep 61 & sleep 62',
  );
  assert.match(stderr, /timed out \(deadline\)/);
  assert.notEqual(code, 0);
  assert.deepEqual(
    world.processes().filter(({ command }) => command.includes('sleep')),
    [],
  );
});

test('an answer that a full disk refuses is told on stderr, with the id of a job that was started', async () => {
  await using world = await aWorkspace();
  const script = '"$@" >/dev/full';
  const companion = [process.execPath, `${world.bundles}/companion.cjs`];
  const full = (...args: string[]) =>
    world.cliWith({ program: ['sh', '-c', script, 'sh', ...companion] }, ...args);
  const started = await full('run', '--background', '--', 'true');
  assert.equal(started.code, 141);
  const id = /run-[a-z0-9]+-[a-z0-9]+/.exec(started.stderr)?.[0];
  assert.ok(id, started.stderr);
  await world.untilStage(id, 'finished');
  const status = await full('status', '--json');
  assert.equal(status.code, 141);
  assert.match(status.stderr, /stdout cannot be written \(ENOSPC\)/);
});

test('an output limit ends the job with an outcome of its own', async () => {
  await using world = await aWorkspace();
  const writing = 'while :; do head -c 9999 /dev/zero; sleep 0.05; done';
  const { code, json } = await world.cli('run', '--json', '--output-limit', '64k', '--', 'sh', '-c', writing);
  assert.equal(code, 143);
  const { ending, limit, reason } = json.outcome;
  assert.deepEqual([ending, limit], ['failed', 'output']);
  assert.equal(reason, 'Stopped at its output limit of 64 KB; ended by SIGTERM.');
  const { code: shown, stdout } = await world.cli('status', json.jobId);
  assert.deepEqual([shown, /^✖ .* output limit after /.test(stdout)], [0, true]);
});

test('a log of 1 GB and more is worth a warning', async () => {
  await using world = await aWorkspace();
  // Holes, which take no disk.
  const { json } = await world.cli('run', '--json', '--', 'sh', '-c', 'truncate -s 1200M /dev/stdout');
  const { stdout } = await world.cli('status', json.jobId);
  assert.match(stdout, /warning +its output has 1\.2 GB; run --output-limit SIZE/);
});

test('--stdin gives the command a file, as it is when the job is accepted', async () => {
  await using world = await aWorkspace();
  const gate = join(world.workspace, 'gate');
  const input = world.write('input', 'first\nsecond\n');
  const text = `until [ -e ${gate} ]; do sleep 0.05; done; cat`;
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--stdin',
    'input',
    '--',
    'sh',
    '-c',
    text,
  );
  rmSync(input);
  writeFileSync(gate, '');
  assert.equal((await world.cli('wait', json.jobId)).code, 0);
  assert.equal((await world.cli('logs', json.jobId)).stdout, 'first\nsecond\n');
  const foreground = await world.cli('run', '--stdin', '/dev/zero', '--', 'head', '-c', '3');
  assert.equal(foreground.stdout, '\0\0\0');
});

test('an input or a limit that cannot be is refused, and nothing is started', async () => {
  await using world = await aWorkspace();
  execFileSync('mkfifo', [join(world.workspace, 'pipe')]);
  const refusals: [string[], RegExp][] = [
    [['--stdin', 'nowhere'], /nowhere is not there\. Nothing was started/],
    [['--stdin', '.'], /is a directory/],
    [['--stdin', 'pipe'], /is neither a file nor a device/],
    [['--output-limit', 'much'], /"much" is no size.*\n.*500k, 200M or 1\.5G/],
    [['--output-limit', '0'], /"0" is no size/],
    [['--leftovers', 'kill'], /--leftovers leave\|wait\|stop/],
  ];
  for (const [options, words] of refusals) {
    const { code, stderr } = await world.cli('run', ...options, '--', 'true');
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
  }
  assert.deepEqual((await world.cli('status', '--json')).json.recent, []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('the result of a command is how it ended and what it printed', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo hello; exit 2');
  await world.cli('wait', id);
  const { code, stdout } = await world.cli('result', id);
  assert.equal(code, 0);
  assert.match(
    stdout,
    new RegExp(`^${id} failed \\(exit 2\\) after .*\nCommand: sh -c 'echo hello; exit 2'\n`),
  );
  assert.match(stdout, /Its output:\n\nhello\n$/);
  const { json } = await world.cli('result', id, '--json');
  assert.deepEqual([json.job.id, json.storedJob.result.status, json.storedJob.rendered], [id, 2, 'hello\n']);
});

test('a job that still runs has no result yet', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const { code, json } = await world.cli('result', id, '--json');
  assert.deepEqual(
    [code, json.error.code, json.error.hint],
    [3, 'wrong-state', `codex-companion wait ${id}`],
  );
  await world.cli('cancel', id);
});

test('without a job the latest finished one is shown, the session’s own first', async () => {
  await using world = await aWorkspace();
  const mine = { env: { CLAUDE_CODE_SESSION_ID: 'mine' } };
  const first = (await world.cliWith(mine, 'run', '--background', '--json', '--', 'true')).json.jobId;
  await world.cli('wait', first);
  const second = await world.run('true');
  await world.cli('wait', second);
  assert.equal((await world.cli('result', '--json')).json.job.id, second);
  assert.equal((await world.cliWith(mine, 'result', '--json')).json.job.id, first);
});

test('of a long output there is what failed, where it stands in the log, how it ends, and a way to all of it', async () => {
  await using world = await aWorkspace();
  const steps = 'seq -f "step %g: compiled, 0 errors" 5000';
  const id = await world.run(
    ...[
      'sh',
      '-c',
      `${steps}; printf '\\033[31msrc/a.c:7:1: error: no such thing\\033[0m\\n'; ${steps}; exit 2`,
    ],
  );
  await world.cli('wait', id);
  const { stdout } = await world.cli('result', id, '--budget', '2000');
  assert.ok(stdout.length < 2_800, `${stdout.length} characters`);
  assert.match(stdout, new RegExp(`^${id} failed \\(exit 2\\) after .*: 1 error\n`));
  assert.match(stdout, /^Log: .* \(\d{3} KB, 10001 lines\)\n\n✖ no such thing \(src\/a\.c:7:1\)\n/m);
  const [, offset = ''] = /codex-companion logs \S+ --since (\d+) --limit 43$/m.exec(stdout) ?? [];
  assert.equal(
    (await world.cli('logs', id, '--since', offset, '--limit', '43')).stdout,
    'src/a.c:7:1: error: no such thing\n',
  );
  assert.match(
    stdout,
    /\nThe end of the output:\n\n(?:step \d+: .*\n){4}step 5000: compiled, 0 errors\n\nThe first one in the log: .*\nAll of it: codex-companion result \S+ --full\n$/,
  );
  const full = (await world.cli('result', id, '--full')).stdout;
  assert.match(
    full,
    /Its output:\n\nstep 1: compiled[\s\S]*\nsrc\/a\.c:7:1: error: no such thing\nstep 1: [\s\S]*step 5000: compiled, 0 errors\n$/,
  );
  const { json } = await world.cli('result', id, '--json', '--budget', '2000');
  const { digest, extract, truncated, rawOutput } = json.storedJob.result;
  assert.deepEqual(digest.notable, [
    { offset: Number(offset), kind: 'compiler-error', text: 'src/a.c:7:1: error: no such thing', times: 1 },
  ]);
  assert.deepEqual(extract.blocks, [
    {
      ...{ offset: Number(offset), end: Number(offset) + 43, kind: 'compiler-error', times: 1 },
      ...{ name: 'no such thing', place: 'src/a.c:7:1', reason: [], test: false },
    },
  ]);
  assert.deepEqual([extract.counts, extract.blocksFound], [{ failed: 1, total: null, of: 'errors' }, 1]);
  assert.deepEqual([truncated, rawOutput.length], [true, 2_000]);
});

test('status of a failed command says what failed, and not how its output happens to end', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo "src/a.c:7:1: error: no such thing"; seq 100; exit 2');
  await world.cli('wait', id);
  const { json } = await world.cli('status', id, '--json');
  assert.deepEqual(json.job.progressPreview, ['1 error', 'no such thing (src/a.c:7:1)']);
});

test('nothing that a job printed steers the terminal of whoever looks at it', async () => {
  await using world = await aWorkspace();
  const nasty = String.raw`\033[2J\033]0;owned\007\033[31mred\033[0m\r\033[1Aup\b\b\302\233 31mx\n`;
  const id = await world.run('sh', '-c', `printf '${nasty}'; exit 1`);
  await world.cli('wait', id);
  for (const call of [['result', id], ['status', id], ['status'], ['logs', id], ['wait', id], ['doctor']]) {
    const { stdout, stderr } = await world.cli(...call);
    assert.doesNotMatch(stdout + stderr, /[\0-\x08\x0b-\x1f\x7f-\x9f]/, call.join(' '));
  }
  assert.equal((await world.cli('logs', id)).stdout, 'red\nxp\n');
});

test('what a job has left running is named, with the line that stops it', async () => {
  await using world = await aWorkspace();
  const { stderr } = await world.cli('run', '--', 'sh', '-c', 'sleep 60 & echo started');
  const [, pid, stop] =
    /^Still running: sleep \(pid (\d+)\)\. (codex-companion cancel \S+) stops it\.$/m.exec(stderr) ?? [];
  assert.ok(pid && stop, stderr);
  assert.match((await world.cli('result')).stdout, new RegExp(`\nStill running: sleep \\(pid ${pid}\\)\\. `));
  await world.cli(...stop.split(' ').slice(1));
  assert.doesNotMatch((await world.cli('result')).stdout, /Still running/);
});

test('our words begin a line of their own behind an output without its last newline, and only there', async () => {
  await using world = await aWorkspace();
  const together = await world.shell('cc run --name mine -- printf abc 2>&1; cc logs mine --limit 4 2>&1');
  assert.match(together.stdout, /\nabc\nrun-\S+ completed/);
  assert.equal((await world.cli('run', '--', 'printf', 'abc')).stdout, 'abc');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace } from '../../../support/world.ts';

/** Until there is a file `go`. */
const held = 'until test -e go; do sleep 0.1; done';

test('wait for a single command exits with that command’s status', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'exit 9');
  const { code, stdout } = await world.cli('wait', id);
  assert.equal(code, 9);
  assert.match(stdout, new RegExp(`^${id} failed \\(exit 9\\) after \\S+\n$`));
  assert.equal((await world.cli('wait', id, '--exit-code=outcome')).code, 1);
});

test('wait for several exits 0 only where all completed', async () => {
  await using world = await aWorkspace();
  const good = await world.run('true');
  const bad = await world.run('sh', '-c', 'exit 9');
  const both = await world.cli('wait', good, bad, '--json');
  assert.deepEqual([both.code, both.json.jobs.map((job: { id: string }) => job.id)], [1, [good, bad]]);
  assert.equal((await world.cli('wait', good, good)).code, 0);
});

test('where nothing is running, wait says so, with the last job that ended, and exits 0', async () => {
  await using world = await aWorkspace();
  assert.equal((await world.cli('wait')).code, 3, 'there has been no job at all');
  const id = await world.run('sh', '-c', 'exit 9');
  await world.cli('wait', id);
  const { code, stdout } = await world.cli('wait');
  assert.equal(code, 0);
  assert.match(
    stdout,
    new RegExp(`^Nothing is running here\\. The last job that ended: ${id} failed \\(exit 9\\)`),
  );
  const { json } = await world.cli('wait', '--json');
  assert.deepEqual([json.nothingRunning, json.jobs[0].id], [true, id]);
});

test('--any returns with the first that ends', async () => {
  await using world = await aWorkspace();
  const long = await world.run('sleep', '30');
  const short = await world.run('true');
  const { code, json } = await world.cli('wait', long, short, '--any', '--json');
  const statuses = json.jobs.map((job: { status: string }) => job.status);
  assert.deepEqual([code, statuses], [0, ['running', 'completed']]);
  await world.cli('cancel', long);
});

test('a wait that times out exits 124 and touches nothing', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const { code, json } = await world.cli('wait', id, '--timeout', '200ms', '--json');
  assert.deepEqual([code, json.timedOut, json.jobs[0].status], [124, true, 'running']);
  const status = await world.cli('status', id, '--wait', '--timeout-ms', '200', '--json');
  assert.deepEqual([status.code, status.json.waitTimedOut, status.json.timeoutMs], [124, true, 200]);
  await world.cli('cancel', id);
});

test('without a job all live ones are waited for, and named; where none lives the latest has ended already', async () => {
  await using world = await aWorkspace();
  const ended = await world.run('true');
  await world.cli('wait', ended);
  const [one, other] = [await world.run('sh', '-c', held), await world.run('sh', '-c', `${held}; exit 4`)];
  const waiting = world.start('wait', '--json');
  await until('it says for what it waits', () => waiting.stderr.includes('\n'));
  assert.ok(
    [one, other].every((id) => waiting.stderr.includes(`${id} (sh -c `)),
    waiting.stderr,
  );
  world.write('go', '');
  const { code, json } = await waiting.ended;
  assert.equal(code, 1);
  assert.deepEqual(json.jobs.map(({ id }: { id: string }) => id).sort(), [one, other].sort());
  assert.ok(json.jobs.every(({ status }: { status: string }) => status !== 'running'));
  const none = await world.cli('wait', '--json');
  assert.deepEqual([none.json.jobs.length, none.stderr], [1, '']);
});

test('a session that names no job waits for its own', async () => {
  await using world = await aWorkspace();
  const as = (id: string) => ({ env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: id } });
  const run = ['run', '--background', '--json', '--'];
  const { jobId: theirs } = (await world.cliWith(as('theirs'), ...run, 'sleep', '30')).json;
  const { jobId: mine } = (await world.cliWith(as('mine'), ...run, 'sh', '-c', `${held}; exit 4`)).json;
  const waiting = world.startWith(as('mine'), 'wait');
  await until('it says for what it waits', () => waiting.stderr.includes(`waiting for ${mine}`));
  world.write('go', '');
  assert.equal((await waiting.ended).code, 4);
  await world.cli('cancel', theirs);
});

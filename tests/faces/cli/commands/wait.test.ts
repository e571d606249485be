import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

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

test('without a job the latest live one is waited for', async () => {
  await using world = await aWorkspace();
  await world.run('true');
  const id = await world.run('sh', '-c', 'sleep 0.3; exit 4');
  assert.equal((await world.cli('wait')).code, 4);
  assert.equal((await world.cli('wait', '--json')).json.jobs[0].id, id);
});

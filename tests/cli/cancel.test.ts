import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace } from '../support/world.ts';

test('a cancelled command is gone with its children, and both are listed', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'sleep 31 & sleep 32');
  await world.untilStage(id, 'running');
  const { code, json } = await world.cli('cancel', id, '--json');
  const { stopped, ...rest } = json;
  assert.equal(code, 0);
  assert.deepEqual(rest, {
    jobId: id,
    status: 'cancelled',
    title: 'Shell command',
    turnInterruptAttempted: false,
    turnInterrupted: false,
    left: [],
  });
  assert.deepEqual(stopped.map((one: { name: string }) => one.name).sort(), ['sh', 'sleep', 'sleep']);
  assert.deepEqual(
    world.processes().filter(({ command }) => command.includes('sleep')),
    [],
  );
  const { job } = (await world.cli('status', id, '--json')).json;
  assert.deepEqual([job.status, job.phase, job.outcome.ending], ['cancelled', 'cancelled', 'cancelled']);
});

test('a job that has ended cannot be cancelled, and says how it ended', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'exit 3');
  await world.cli('wait', id);
  const { code, json } = await world.cli('cancel', id, '--json');
  assert.deepEqual([code, json.error.code], [3, 'wrong-state']);
  assert.match(json.error.message, /has ended already: failed \(exit 3\)/);
});

test('cancelling what was cancelled before is told as ended', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  await world.cli('cancel', id);
  const { code, json } = await world.cli('cancel', id, '--json');
  assert.deepEqual([code, json.error.message], [3, `${id} has ended already: cancelled.`]);
});

test('with nothing to cancel it says so', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli('cancel');
  assert.equal(code, 3);
  assert.match(stderr, /There is no running job in /);
});

test('a session that names no job cancels its own or none; another session’s job has to be named', async () => {
  await using world = await aWorkspace();
  const asSession = (id: string) => ({ env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: id } });
  const enqueue = async (session: string) => {
    const args = ['run', '--background', '--json', '--', 'sleep', '30'];
    return (await world.cliWith(asSession(session), ...args)).json.jobId as string;
  };
  const theirs = await enqueue('theirs');
  const refused = await world.cliWith(asSession('mine'), 'cancel', '--json');
  assert.deepEqual([refused.code, refused.json.error.code], [3, 'unknown-job']);
  assert.match(refused.json.error.message, new RegExp(theirs));
  const mine = await enqueue('mine');
  assert.equal((await world.cliWith(asSession('mine'), 'cancel', '--json')).json.jobId, mine);
  await world.untilStage(theirs, 'running');
  assert.equal((await world.cliWith(asSession('mine'), 'cancel', theirs, '--json')).code, 0);
});

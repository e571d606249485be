import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readStat } from '../../../../scripts/process/identity.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

/** A loop that counts into its log, with a child in a session of its own that counts, too. */
const COUNTING =
  'count() { while :; do echo $1; sleep 0.05; done; }; (setsid sh -c "while :; do echo b; sleep 0.05; done" &); count a';

async function counting(world: World): Promise<string> {
  const id = await world.run('sh', '-c', COUNTING);
  await until('both count', () => /b/.test(log(world, id)) && /a/.test(log(world, id)));
  return id;
}

function log(world: World, id: string): string {
  return readFileSync(`${world.context().layout.jobs}/${id}/output.log`, 'utf8');
}

const statesOf = (them: { pid: number }[]) => them.map(({ pid }) => readStat(pid)?.state);

test('a paused job stands still with all its processes, reads so, and goes on when it is resumed', async () => {
  await using world = await aWorkspace();
  const id = await counting(world);
  const { code, json } = await world.cli('pause', id, '--json');
  const { paused, ...rest } = json;
  assert.deepEqual(
    [code, rest],
    [0, { jobId: id, status: 'running', phase: 'paused', title: 'Shell command', left: [] }],
  );
  assert.ok(paused.length >= 2);
  assert.deepEqual(new Set(statesOf(paused)), new Set(['T']));
  const before = log(world, id);
  const { job } = (await world.cli('status', id, '--json')).json;
  assert.deepEqual([job.status, job.phase], ['running', 'paused']);
  assert.match((await world.cli('status')).stdout, new RegExp(`⏸ paused .*${id}`));
  assert.equal(log(world, id), before, 'not a byte while two commands ran');

  const resumed = await world.cli('resume', '--json');
  assert.deepEqual(
    [resumed.code, resumed.json.jobId, resumed.json.phase, resumed.json.left],
    [0, id, 'running', []],
  );
  await until(
    'both count again',
    () => /b/.test(log(world, id).slice(before.length)) && /a/.test(log(world, id).slice(before.length)),
  );
  assert.equal((await world.cli('status', id, '--json')).json.job.phase, 'running');
  assert.equal((await world.cli('resume', id, '--json')).json.error.message, `${id} is not paused.`);
  await world.cli('cancel', id);
});

test('a paused job is cancelled like any other, with its chance to tidy up', async () => {
  await using world = await aWorkspace();
  const id = await world.run(
    'sh',
    '-c',
    'trap "echo tidy; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
  );
  await until('it is ready', () => log(world, id).includes('ready'));
  await world.cli('pause', id);
  assert.equal((await world.cli('cancel', id, '--grace', '20s')).code, 0);
  assert.match(log(world, id), /tidy/);
  const { job } = (await world.cli('status', id, '--json')).json;
  assert.deepEqual([job.phase, job.outcome.exitCode], ['cancelled', 3]);
});

test('what the job itself had stopped stays stopped, also when it was paused twice', async () => {
  await using world = await aWorkspace();
  const id = await world.run(
    'sh',
    '-c',
    'sh -c "kill -STOP \\$\\$; echo never" & echo $!; while :; do sleep 0.05; done',
  );
  const own = await until('it says whom it stops', () => Number(log(world, id)));
  await until('that one is stopped', () => readStat(own)?.state === 'T');
  await world.cli('pause', id);
  assert.equal((await world.cli('pause', id)).code, 0);
  const { json } = await world.cli('resume', id, '--json');
  assert.ok(json.resumed.length > 0);
  assert.equal(readStat(own)?.state, 'T');
  await world.cli('cancel', id);
});

test('one that forks all the time stands still, too', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'while :; do (:); (setsid true); done & while :; do (:); done');
  await world.untilStage(id, 'running');
  await until(
    'both loops run',
    () => world.processes().filter(({ command }) => command.includes('while :')).length > 2,
  );
  assert.equal((await world.cli('pause', id)).code, 0);
  const pids = () =>
    world
      .processes()
      .map(({ pid }) => pid)
      .sort();
  const before = pids();
  await world.cli('status');
  assert.deepEqual(pids(), before);
  await world.cli('cancel', id);
});

test('what cannot be paused says why: a Codex job, a finished one, one that is not there', async () => {
  await using world = await aWorkspace({ codex: {} });
  const task = (await world.cli('task', '--background', '--json', '[[hold]]')).json.jobId;
  const refused = await world.cli('pause', task, '--json');
  assert.deepEqual([refused.code, refused.json.error.code], [3, 'wrong-state']);
  assert.match(refused.json.error.message, /is a Codex job: its turn goes on at the model/);
  assert.match(refused.json.error.hint, new RegExp(`cancel ${task}.*task --resume ${task}`));
  assert.equal((await world.cli('resume', task)).code, 3);
  await world.cli('cancel', task);
  const ended = await world.run('true');
  await world.cli('wait', ended);
  assert.match((await world.cli('pause', ended)).stderr, /it has ended: completed/);
  assert.equal((await world.cli('resume')).code, 3);
  assert.equal((await world.cli('pause', 'run-nobody')).code, 3);
});

test('a background job that was paused survives its session’s end, and another terminal resumes it', async () => {
  await using world = await aWorkspace();
  const asSession = { env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'over' } };
  const id = (await world.cliWith(asSession, 'run', '--background', '--json', '--', 'sh', '-c', COUNTING))
    .json.jobId;
  await until('both count', () => /b/.test(log(world, id)) && /a/.test(log(world, id)));
  assert.equal((await world.cliWith(asSession, 'pause')).code, 0);
  await world.cli('sweep');
  assert.equal((await world.cli('status', id, '--json')).json.job.phase, 'paused');
  assert.equal((await world.cli('resume', id)).code, 0);
  const before = log(world, id).length;
  await until('it counts again', () => log(world, id).length > before);
  await world.cli('cancel', id);
});

test('a job that has stopped itself reads so, and resume lets it go on', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'kill -STOP $$; echo on; while :; do sleep 0.05; done');
  const phase = async () => (await world.cli('status', id, '--json')).json.job.phase;
  await until('it is stopped', async () => (await phase()) === 'stopped');
  assert.match((await world.cli('status')).stdout, /⏸ stopped /);
  const { code, json } = await world.cli('resume', '--json');
  assert.deepEqual([code, json.jobId, json.phase], [0, id, 'running']);
  await until('it goes on', () => log(world, id) === 'on\n');
  assert.equal(await phase(), 'running');
  await world.cli('cancel', id);
});

const STOPS_ITSELF = `sh -c 'echo $$; kill -STOP $$; echo on'`;

test('a job whose shell waits for a child that has stopped itself reads so, and resume lets it go on', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', `${STOPS_ITSELF}; echo over`);
  await until('it is stopped', async () => (await phaseOf(world, id)) === 'stopped');
  assert.equal((await world.cli('resume', id)).code, 0);
  assert.equal((await world.cli('wait', id)).code, 0);
  assert.match(log(world, id), /^\d+\non\nover\n$/);
});

test('a job with one stopped child and another that goes on reads running', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', `sleep 300 & ${STOPS_ITSELF}; wait`);
  const child = await until('it says whom it stops', () => Number(log(world, id)));
  await until('that one is stopped', () => readStat(child)?.state === 'T');
  assert.equal(await phaseOf(world, id), 'running');
  await world.cli('cancel', id);
});

async function phaseOf(world: World, id: string): Promise<string> {
  return (await world.cli('status', id, '--json')).json.job.phase;
}

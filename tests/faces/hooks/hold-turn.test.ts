/** `claude -p` answers once and goes: by option its Stop hook holds the turn open for the session's jobs. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { callHook, endingJobs, sessionJob } from '../../support/hosts/hooks.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const env = { CLAUDE_CODE_ENTRYPOINT: 'sdk-cli' };
const stops = (world: World, input = {}, variables = env) =>
  callHook(world, { event: 'Stop', env: variables, input });

async function aOneShot(hold?: string): Promise<World> {
  const world = await aWorkspace();
  if (hold !== undefined) assert.equal((await world.cli('setup', '--hold-one-shot-turn', hold)).code, 0);
  const { watched } = await callHook(world, { event: 'SessionStart', env });
  assert.deepEqual(watched, [], 'nothing would hear a doorbell');
  return world;
}

test('by default a turn ends, whatever runs', async () => {
  await using world = await aOneShot();
  await using _jobs = endingJobs(world);
  await sessionJob(world, { background: true });
  const { code, stdout } = await stops(world);
  assert.deepEqual([code, stdout], [0, '']);
});

test('held, it goes on when the session’s jobs have ended, with what they ended with', async () => {
  await using world = await aOneShot('10m');
  const gate = world.write('gate', '');
  const command = ['sh', '-c', `while [ -e ${gate} ]; do sleep 0.05; done; echo built; exit 3`];
  const jobs = [
    await sessionJob(world, { background: true, command }),
    await sessionJob(world, { background: true, command }),
  ];
  const held = stops(world);
  for (const { id } of jobs) await world.untilStage(id, 'running');
  rmSync(gate);
  const { decision, reason } = JSON.parse((await held).stdout);
  assert.equal(decision, 'block');
  for (const { id } of jobs) assert.match(reason, new RegExp(`${id} \\(.*failed \\(exit 3\\)`));
  const next = await stops(world, { stop_hook_active: true });
  assert.deepEqual([next.code, next.stdout], [0, ''], 'and ends then');
});

test('held for as long as was asked for, it says once what still runs, and ends', async () => {
  await using world = await aOneShot('1s');
  await using _jobs = endingJobs(world);
  const { id } = await sessionJob(world, { background: true });
  const { reason } = JSON.parse((await stops(world)).stdout);
  assert.match(reason, new RegExp(`for which this turn was held open, the background job ${id} still runs`));
  const next = await stops(world, { stop_hook_active: true });
  assert.deepEqual([next.code, next.stdout], [0, '']);
});

test('an interactive session is never held', async () => {
  await using world = await aOneShot('10m');
  await using _jobs = endingJobs(world);
  await sessionJob(world, { background: true });
  const { code, stdout } = await stops(world, {}, { CLAUDE_CODE_ENTRYPOINT: 'cli' });
  assert.deepEqual([code, stdout], [0, '']);
});

test('only a duration of at most an hour is taken', async () => {
  await using world = await aWorkspace();
  for (const text of ['2h', 'soon', '-1', '0'])
    assert.equal((await world.cli('setup', '--hold-one-shot-turn', text)).code, 2, text);
});

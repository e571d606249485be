/** Nobody of ours is left: the end is found all the same, and told as what is known. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { killIfThere } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** Runs until the file `gate` is there; the process that the wrapper knows is only the first of three. */
async function startAndKillAll(world: World): Promise<string> {
  const id = await world.run(
    'sh',
    '-c',
    'setsid sh -c "until [ -e gate ]; do sleep 0.2; done; echo last" & wait; exit 5',
  );
  await until('the command runs', () => world.reading(id).facts.command);
  const { claim } = world.reading(id).facts;
  assert.ok(claim?.kind === 'worker');
  process.kill(claim.worker.pid, 'SIGKILL');
  return id;
}

function openGate(world: World): void {
  writeFileSync(join(world.workspace, 'gate'), '');
}

async function assertUnknown(world: World, id: string): Promise<void> {
  const { json } = await world.cli('status', '--json', id);
  const { ending, exitCode, reason } = json.job.outcome;
  assert.deepEqual([ending, exitCode], ['lost', null]);
  assert.match(reason, /^Ended, exit status unknown: /);
  assert.equal((await world.cli('logs', id)).stdout, 'last\n');
}

test('who waits when the wrapper is killed returns at the true end: ended, exit status unknown', async () => {
  await using world = await aWorkspace();
  const waiters = async (id: string) => [world.start('wait', id), world.start('logs', '--follow', id)];
  const id = await startAndKillAll(world);
  const waiting = await waiters(id);
  const before = world.reading(id);
  assert.equal(before.state.stage, 'running', 'the wrapper is dead, the command is not');
  openGate(world);
  const [waiter, follower] = await Promise.all(waiting.map((one) => one.ended));
  assert.equal(waiter?.code, 1);
  assert.match(waiter?.stdout ?? '', /lost: Ended, exit status unknown/);
  assert.equal(follower?.stdout, 'last\n');
  await assertUnknown(world, id);
});

test('who comes later is told the same, and a sweep settles what nobody asks for', async () => {
  await using world = await aWorkspace();
  const id = await startAndKillAll(world);
  const other = await startAndKillAll(world);
  openGate(world);
  await until('all have ended', () => world.processes().length === 0);
  const swept = await world.cli('sweep', '--json');
  assert.equal(swept.code, 0);
  assert.deepEqual((await world.cli('status', '--json')).json.running, []);
  await assertUnknown(world, id);
  await assertUnknown(world, other);
});

test('a job with a limit is settled without any node: its watchdog sees the end', async () => {
  await using world = await aWorkspace();
  const text = 'until [ -e gate ]; do sleep 0.2; done';
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--stall',
    '8',
    '--deadline',
    '600',
    '--',
    'sh',
    '-c',
    text,
  );
  await until('the command runs', () => world.reading(json.jobId).facts.command);
  const { claim } = world.reading(json.jobId).facts;
  assert.ok(claim?.kind === 'worker');
  process.kill(claim.worker.pid, 'SIGKILL');
  openGate(world);
  await until('nothing of it is left', () => world.processes().length === 0);
  assert.match(world.reading(json.jobId).facts.outcome?.reason ?? '', /^Ended, exit status unknown/);
});

test('what a limit could not reach is stopped by the next sweep where the finish step never ran', async () => {
  await using world = await aWorkspace();
  const text = 'setsid sh -c "sleep 61; true" & exec sleep 62';
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--deadline',
    '2',
    '--',
    'sh',
    '-c',
    text,
  );
  const { directory } = world.reading(json.jobId).facts;
  await until('the finish step is killed, or has not begun', () => {
    for (const { pid, command } of world.processes())
      if (command.includes('worker.mjs finish')) killIfThere(pid);
    return existsSync(join(directory, 'exit'));
  });
  // Where we were too late to kill it, it is the finish step that is proven here.
  await world.cli('sweep');
  await until('the outcome is there', () => world.reading(json.jobId).facts.outcome);
  assert.equal(world.reading(json.jobId).facts.outcome?.ending, 'timed-out');
  assert.deepEqual(
    world.processes().filter(({ command }) => command.startsWith('sleep')),
    [],
  );
});

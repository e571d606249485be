/** A workspace that caps how many Codex jobs run at once: on real processes, with a fake Codex. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ownIdentity } from '../../scripts/process/identity.ts';
import { requestStop } from '../../scripts/state/job/job-directory.ts';
import { readState } from '../../scripts/state/workspace/store.ts';
import { changeSettings } from '../../scripts/use-cases/settings/change.ts';
import { logOf, outcomeOf, task, untilNoBroker, untilTurnRuns } from '../support/codex/codex-jobs.ts';
import { survivors } from '../support/leaks.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

const completed = { ending: 'completed', reason: 'The turn completed.' };

test('six jobs under a cap of two: never more than two at once, the oldest first, all complete', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 2);
  const ids = await tasks(world, 6, '[[hold]]');
  await releasedWith(world, ids, 2);
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  assert.equal(mostAtOnce(world, ids), 2);
  // The two that get a place together may begin in either order.
  const order = [...ids].sort((a, b) => startOf(world, a) - startOf(world, b));
  for (const [place, id] of order.entries()) assert.ok(Math.abs(place - ids.indexOf(id)) <= 1, `${order}`);
  await untilNoBroker(world);
});

test('a queued job shows its place, which moves up; a cap of 1 keeps the order strictly', async () => {
  await using world = await aWorkspace({ codex: {} });
  const said = await world.cli('setup', '--max-parallel', '1', '--json');
  assert.deepEqual([said.json.maxParallel, said.json.actionsTaken.length], [1, 1]);
  const ids = await tasks(world, 3, '[[hold]][[say:done]]');
  const [first = '', second = '', third = ''] = ids;
  await untilWaiting(world, second, third);
  await untilTurnRuns(world, first);
  const { json } = await world.cli('status', '--json');
  const shown = json.running.map((job: Shown) => [job.id, job.status, job.phase, job.queuePosition]);
  assert.deepEqual(shown.slice(0, 2), [
    [third, 'queued', 'queued', 2],
    [second, 'queued', 'queued', 1],
  ]);
  assert.deepEqual([shown[2][0], shown[2][3], json.config.maxParallel], [first, null, 1]);
  const text = (await world.cli('status')).stdout;
  assert.match(text, /Parallel Codex jobs: at most 1 at once, the others queue/);
  assert.match(text, new RegExp(`queued \\(2\\) .*${third}`));
  assert.equal((await world.cli('cancel', first, '--json')).json.status, 'cancelled');
  await untilTurnRuns(world, second);
  assert.equal(await place(world, third), 1);
  world.codex.set({ released: true });
  for (const id of [second, third]) assert.deepEqual(await outcomeOf(world, id), completed);
  assert.deepEqual(
    [...ids].sort((a, b) => startOf(world, a) - startOf(world, b)),
    ids,
  );
  await untilNoBroker(world);
});

test('cancelling a queued job is instant, starts nothing, and lets those behind it move up', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 1);
  const [running = '', queued = '', last = ''] = await tasks(world, 3, '[[hang]]');
  await untilWaiting(world, queued, last);
  await untilTurnRuns(world, running);
  const worker = workerOf(world, queued);
  const { code, json } = await world.cli('cancel', queued, '--json');
  assert.deepEqual(
    [code, json.status, json.stopped, json.turnInterruptAttempted],
    [0, 'cancelled', [], false],
  );
  await until('its worker has left', () => !isProcess(world, worker));
  const { facts } = world.reading(queued);
  assert.deepEqual([facts.claim?.kind, facts.exit, facts.outcome?.startedAt], ['cancelled', null, null]);
  assert.equal(await place(world, last), 1);
  assert.equal((await world.cli('cancel', running, '--json')).json.status, 'cancelled');
  await untilTurnRuns(world, last);
  await world.cli('cancel', last);
  assert.equal(world.codex.requests('turn/start').length, 2);
  await untilNoBroker(world);
});

test('a killed waiter and a killed worker hold up nobody', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 1);
  const [running = '', killed = '', next = ''] = await tasks(world, 3, '[[hang]]');
  await untilWaiting(world, killed, next);
  await untilTurnRuns(world, running);
  process.kill(workerOf(world, killed), 'SIGKILL');
  process.kill(workerOf(world, running), 'SIGKILL');
  await untilTurnRuns(world, next);
  assert.equal((await outcomeOf(world, running)).ending, 'lost');
  const { ending, reason } = await outcomeOf(world, killed);
  assert.equal(ending, 'failed');
  assert.match(reason ?? '', /^Its worker died before it could begin/);
  await world.cli('cancel', next);
  await untilNoBroker(world);
});

test('a waiter that is told to go says so: by a signal, by the end of its session', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 1);
  const [running = '', signalled = '', stopped = ''] = await tasks(world, 3, '[[hang]]');
  await untilWaiting(world, signalled, stopped);
  process.kill(workerOf(world, signalled), 'SIGTERM');
  assert.deepEqual(await outcomeOf(world, signalled), {
    ending: 'failed',
    reason: 'The worker was ended by SIGTERM. It was waiting in the queue.',
  });
  const stop = {
    kind: 'session-end',
    by: 'the end of its session (clear)',
    at: new Date().toISOString(),
  } as const;
  requestStop(world.reading(stopped).facts.directory, stop);
  assert.deepEqual(await outcomeOf(world, stopped), {
    ending: 'cancelled',
    reason: 'Cancelled by the end of its session (clear); before it started.',
  });
  await untilTurnRuns(world, running);
  await world.cli('cancel', running);
  await until('the index has all ends', () =>
    readState(world.context().layout).jobs.every((job) => job.finished),
  );
  await untilNoBroker(world);
});

test('a raised cap lets as many more go at once, no cap all of them; running ones count from before', async () => {
  await using world = await aWorkspace({ codex: {} });
  const before = await tasks(world, 2, '[[hang]]');
  await untilTurnRuns(world, ...before);
  await cap(world, 2);
  const ids = await tasks(world, 4, '[[hang]]');
  await untilWaiting(world, ...ids);
  await cap(world, 3);
  await untilTurnRuns(world, ...ids.slice(0, 1));
  assert.deepEqual(await places(world, ids), [null, 1, 2, 3]);
  assert.equal((await world.cli('setup', '--max-parallel', 'none')).code, 0);
  await untilTurnRuns(world, ...ids);
  await Promise.all([...before, ...ids].map((id) => world.cli('cancel', id)));
  await untilNoBroker(world);
});

test('a state that is damaged while jobs wait loses none and lets none overtake', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 1);
  const ids = await tasks(world, 3, '[[hold]]');
  await untilWaiting(world, ...ids.slice(1));
  writeFileSync(world.context().layout.stateFile, '{"version": 2, "jobs": [nu');
  world.codex.set({ released: true });
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  assert.equal(mostAtOnce(world, ids), 1);
  await untilNoBroker(world);
});

test('twelve jobs at once under a cap of three: three at a time, all complete', async () => {
  await using world = await aWorkspace({ codex: {} });
  await cap(world, 3);
  const ids = await Promise.all(Array.from({ length: 12 }, () => task(world, '[[hold]]')));
  await releasedWith(world, ids, 3);
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  assert.equal(mostAtOnce(world, ids), 3);
  await untilNoBroker(world);
});

interface Shown {
  id: string;
  status: string;
  phase: string;
  queuePosition: number | null;
}

/** Lets the turns go when so many are under way. */
async function releasedWith(world: World, ids: string[], count: number): Promise<void> {
  const running = () => ids.filter((id) => logOf(world, id).includes('Turn started'));
  await until(`${count} turns are under way`, () => running().length === count);
  world.codex.set({ released: true });
}

async function cap(world: World, maxParallel: number | null): Promise<void> {
  await changeSettings(world.context().layout, { maxParallel });
}

/** Enqueues one after the other, so that their order is known. */
async function tasks(world: World, count: number, prompt: string): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await task(world, prompt));
  return ids;
}

async function untilWaiting(world: World, ...ids: string[]): Promise<void> {
  for (const id of ids)
    await until(`${id} waits in the queue`, () => logOf(world, id).includes('Waiting in the queue'));
}

async function place(world: World, id: string): Promise<number | null> {
  return (await world.cli('status', id, '--json')).json.job.queuePosition;
}

async function places(world: World, ids: string[]): Promise<(number | null)[]> {
  const { running } = (await world.cli('status', '--json')).json;
  return ids.map((id) => running.find((job: Shown) => job.id === id).queuePosition);
}

function workerOf(world: World, id: string): number {
  const { claim, spawned } = world.reading(id).facts;
  const worker = claim?.kind === 'worker' ? claim.worker : spawned;
  assert.ok(worker && worker.pid !== ownIdentity().pid);
  return worker.pid;
}

function isProcess(world: World, pid: number): boolean {
  return survivors(world.folder).some((found) => found.pid === pid);
}

function startOf(world: World, id: string): number {
  return Date.parse(world.reading(id).facts.outcome?.startedAt ?? '');
}

/** The most jobs that ran at the same moment, from their claims to their ends. */
function mostAtOnce(world: World, ids: string[]): number {
  const spans = ids.map((id) => {
    const { startedAt, finishedAt } = world.reading(id).facts.outcome ?? {};
    return { from: Date.parse(startedAt ?? ''), to: Date.parse(finishedAt ?? '') };
  });
  return Math.max(
    ...spans.map(({ from }) => spans.filter((one) => one.from <= from && from < one.to).length),
  );
}

/** The plugin is updated while Codex works: a broker and a worker of the release before beside those of this build. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { brokers, logOf, outcomeOf, untilNoBroker, untilTurnRuns } from '../../support/codex/codex-jobs.ts';
import { killIfThere } from '../../support/leaks.ts';
import { type Release, release } from '../../support/releases/release.ts';
import { by, shown, task } from '../../support/releases/verbs.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

const before = release('1.1.0');

if ('missing' in before) test('upgrades', { skip: before.missing }, () => undefined);
else describe(`Codex jobs that ${before.version} has started`, () => stories(before));

function stories(old: Release): void {
  test('a task ends on the broker that it has; a new one gets its own, and goes on with the thread; both brokers go', async () => {
    await using world = await aWorkspace({ codex: {} });
    const first = await task(world, old, '[[hold]][[say:the first]]');
    await untilTurnRuns(world, first);
    const [broker] = brokers(world);
    const { running, broker: seen } = (await world.cli('status', '--json')).json;
    assert.deepEqual([running.map(shown), seen.refcount], [[[first, 'running', running[0].phase, true]], 1]);
    const second = await task(world, undefined, '[[say:the second]]');
    assert.equal((await outcomeOf(world, second)).ending, 'completed', logOf(world, second));
    assert.equal(brokers(world).find(({ id }) => id === broker?.id)?.stage, 'ready');
    world.codex.set({ released: true });
    assert.equal((await world.cli('wait', first)).code, 0);
    const { storedJob } = (await world.cli('result', first, '--json')).json;
    assert.equal(storedJob.result.rawOutput, 'the first');
    const third = await task(world, undefined, '--resume', first, '[[say:the third]]');
    assert.equal((await outcomeOf(world, third)).ending, 'completed', logOf(world, third));
    const { threadId } = (await world.cli('status', third, '--json')).json.job;
    assert.equal(threadId, storedJob.threadId ?? storedJob.result.threadId);
    await untilNoBroker(world);
  });

  test('a task is cancelled on the broker that it has', async () => {
    await using world = await aWorkspace({ codex: {} });
    const id = await task(world, old, '[[hang]]');
    await untilTurnRuns(world, id);
    const { code, json } = await world.cli('cancel', id, '--json');
    assert.deepEqual([code, json.status, json.turnInterrupted], [0, 'cancelled', true]);
    await untilNoBroker(world);
  });

  test('a task, its broker and its Codex are killed: the sweep says that it is lost, and takes them off the record', async () => {
    await using world = await aWorkspace({ codex: {} });
    const id = await task(world, old, '[[hang]]');
    await untilTurnRuns(world, id);
    for (const { pid } of world.processes()) killIfThere(pid);
    await until('nothing runs', () => world.processes().length === 0);
    assert.equal((await world.cli('sweep')).code, 0);
    assert.equal((await outcomeOf(world, id)).ending, 'lost');
    const { brokers: left, leases } = readState(world.context().layout);
    assert.deepEqual([left, leases], [[], []]);
  });

  test('the queue is one: workers of both keep to its order', async () => {
    await using world = await aWorkspace({ codex: {} });
    assert.equal((await by(world, old, 'setup', '--max-parallel', '1')).code, 0);
    const first = await task(world, old, '[[hold]][[say:1]]');
    await untilTurnRuns(world, first);
    const second = await task(world, old, '[[say:2]]');
    const third = await task(world, undefined, '[[say:3]]');
    await until('both wait', async () => {
      const { running } = (await world.cli('status', '--json')).json;
      return running.filter(({ status }: { status: string }) => status === 'queued').length === 2;
    });
    const { running } = (await world.cli('status', '--json')).json;
    const places = running.map((job: { id: string; queuePosition: number }) => [job.id, job.queuePosition]);
    assert.deepEqual(places, [
      [third, 2],
      [second, 1],
      [first, null],
    ]);
    world.codex.set({ released: true });
    const starts: (string | null | undefined)[] = [];
    for (const id of [first, second, third]) {
      assert.equal((await outcomeOf(world, id)).ending, 'completed', logOf(world, id));
      starts.push(world.reading(id).facts.outcome?.startedAt);
    }
    assert.deepEqual(starts, [...starts].sort());
    await untilNoBroker(world);
  });
}

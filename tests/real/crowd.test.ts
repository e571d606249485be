/** Many tasks at once on the real Codex: none is lost, all share one broker and one app-server, nothing is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readState } from '../../scripts/state/store.ts';
import { survivors } from '../support/leaks.ts';
import { installClients } from '../support/real/clients.ts';
import { nothingIsLeft } from '../support/real/remains.ts';
import { mustSucceed } from '../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../support/real/world.ts';
import { until } from '../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  test('32 tasks at once in a cold workspace: none is lost, on one broker and one app-server', async () => {
    await using world = await codexWorld(clients);
    using seen = watchBrokers(world);
    const ids = await enqueueAtOnce(world, 32, (n) => `[[slow:2]][[say:job ${n}]]`);
    assert.equal(new Set(ids).size, 32);
    const { jobs } = await world.ask('wait', ...ids);
    assert.deepEqual(endings(jobs), ids.map((id) => [id, 'completed', true]).sort());
    for (const [n, id] of ids.entries())
      assert.match((await answerOf(world, id)).trim(), new RegExp(`^job ${n}$`));
    await nothingIsLeft(world);
    // `wait` returns at the outcome; the last workers bring the index in step while they leave.
    const indexed = readState(world.layout).jobs.map((job) => [job.id, job.finished?.ending, job.background]);
    assert.deepEqual(indexed.sort(), ids.map((id) => [id, 'completed', true]).sort());
    assert.deepEqual(seen.counts(), { brokers: 1, appServers: 1 });
  });

  test('16 turns of 3 s on a warm broker run side by side', async (t) => {
    await using world = await codexWorld(clients);
    using seen = watchBrokers(world);
    const [warm] = await enqueueAtOnce(world, 1, () => '[[hold]][[say:warm]]');
    await until('the broker is warm', () => world.codexModel.requests.length === 1, 30_000);
    const began = performance.now();
    const ids = await enqueueAtOnce(world, 16, (n) => `[[hold]][[say:job ${n}]]`);
    await until(
      'the model is asked by all at once',
      () => {
        const { requests } = world.codexModel;
        return requests.length === 17 && requests.every(({ ended }) => !ended);
      },
      60_000,
    );
    const together = performance.now();
    world.codexModel.release();
    const { jobs } = await world.ask('wait', String(warm), ...ids);
    const ended = performance.now();
    assert.deepEqual(endings(jobs), [String(warm), ...ids].map((id) => [id, 'completed', true]).sort());
    t.diagnostic(
      `16 enqueued and all in their turns after ${seconds(began, together)}; ended after ${seconds(together, ended)}`,
    );
    t.diagnostic(`nothing left after ${await nothingIsLeft(world)} ms`);
    assert.deepEqual(seen.counts(), { brokers: 1, appServers: 1 });
  });
}

async function enqueueAtOnce(
  world: CodexWorld,
  count: number,
  prompt: (n: number) => string,
): Promise<string[]> {
  const calls = Array.from({ length: count }, (_, n) =>
    world.cli('task', '--background', '--json', prompt(n)),
  );
  const answers = await Promise.all(calls);
  return answers.map((answer) => JSON.parse(mustSucceed('codex-companion task', answer).stdout).jobId);
}

function endings(jobs: { id: string; status: string; background: boolean }[]) {
  return jobs.map(({ id, status, background }) => [id, status, background]).sort();
}

async function answerOf(world: CodexWorld, id: string): Promise<string> {
  return (await world.ask('result', id)).storedJob.result.rawOutput;
}

/** Counts brokers and app-servers from now on. Both live for seconds, and are looked for ten times in each. */
function watchBrokers(world: CodexWorld) {
  const brokers = new Set<number>();
  const appServers = new Set<number>();
  const look = () => {
    const found = survivors(world.account.root);
    for (const { pid, ppid, command } of found) {
      if (/\bbroker\.mjs\b/.test(command)) brokers.add(pid);
      // A child that the app-server has just forked still has its name.
      if (/\bapp-server\b/.test(command) && !appServers.has(ppid)) appServers.add(pid);
    }
  };
  const timer = setInterval(look, 100);
  return {
    counts: () => ({ brokers: brokers.size, appServers: appServers.size }),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}

/** Many tasks at once on the real Codex: none is lost, all share one broker and one app-server, nothing is left. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readResult } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { survivors } from '../../support/leaks.ts';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { mustSucceed } from '../../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

const crowd = long ? 64 : 32;
const rounds = long ? 3 : 1;

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (let round = 1; round <= rounds; round++) {
    test(`${crowd} tasks at once in a cold workspace: none is lost, on one broker and one app-server${nth(round)}`, async (t) => {
      await using world = await codexWorld(clients);
      using seen = watchBrokers(world);
      const began = performance.now();
      const ids = await enqueueAtOnce(world, crowd, (n) => `[[slow:${long ? 20 : 2}]][[say:job ${n}]]`);
      assert.equal(new Set(ids).size, crowd);
      const enqueued = performance.now();
      const { jobs } = await world.ask('wait', ...ids);
      const ended = performance.now();
      assert.deepEqual(endings(jobs), ids.map((id) => [id, 'completed', true]).sort());
      assert.deepEqual(
        ids.map((id) => readResult(jobDirectory(world.layout, id))?.payload.rawOutput),
        ids.map((_, n) => `job ${n}`),
      );
      const leaving = await nothingIsLeft(world);
      // `wait` returns at the outcome; the last workers bring the index in step while they leave.
      const finished = [...readState(world.layout).jobs, ...history(world)].filter((job) => job.finished);
      assert.deepEqual(new Set(finished.map(({ id }) => id)), new Set(ids));
      assert.deepEqual(seen.counts(), { brokers: 1, sockets: 1, appServers: 1 });
      t.diagnostic(
        `enqueued in ${seconds(began, enqueued)}, all ended ${seconds(enqueued, ended)} later, nothing left after ${leaving} ms`,
      );
    });

    test(`16 turns of 3 s on a warm broker run side by side${nth(round)}`, async (t) => {
      await using world = await codexWorld(clients);
      using seen = watchBrokers(world);
      const [warm] = await enqueueAtOnce(world, 1, () => '[[hold]][[say:warm]]');
      await until('the broker is warm', () => world.codexModel.requests.length === 1);
      const began = performance.now();
      const ids = await enqueueAtOnce(world, 16, (n) => `[[hold]][[slow:3]][[say:job ${n}]]`);
      await until('the model is asked by all at once', () => allAsk(world, 17));
      const together = performance.now();
      world.codexModel.release();
      const { jobs } = await world.ask('wait', String(warm), ...ids);
      const ended = performance.now();
      assert.deepEqual(endings(jobs), [String(warm), ...ids].map((id) => [id, 'completed', true]).sort());
      t.diagnostic(`16 enqueued and in their turns after ${seconds(began, together)}`);
      t.diagnostic(`16 turns of 3 s took ${seconds(together, ended)} together`);
      await nothingIsLeft(world);
      assert.deepEqual(seen.counts(), { brokers: 1, sockets: 1, appServers: 1 });
    });
  }
}

function nth(round: number): string {
  return rounds > 1 ? ` (${round})` : '';
}

function allAsk({ codexModel }: CodexWorld, count: number): boolean {
  const { requests } = codexModel;
  return requests.length === count && requests.every(({ ended }) => !ended);
}

/** Finished jobs that are too many for the index. */
function history({ layout }: CodexWorld): { id: string; finished: object }[] {
  return readFileSync(layout.historyFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
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

/** Counts brokers and app-servers from now on: every socket that ever was, and processes ten times in a second. */
function watchBrokers({ account, layout }: CodexWorld) {
  const brokers = new Set<number>();
  const sockets = new Set<string>();
  const appServers = new Set<number>();
  const run = join(layout.root, 'run');
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const watcher = watch(run, (_, name) => sockets.add(String(name)));
  const look = () => {
    for (const { pid, ppid, command } of survivors(account.root)) {
      if (/\bbroker\.mjs\b/.test(command)) brokers.add(pid);
      // A child that the app-server has just forked still has its name.
      if (/\bapp-server\b/.test(command) && !appServers.has(ppid)) appServers.add(pid);
    }
  };
  const timer = setInterval(look, 100);
  return {
    counts: () => ({ brokers: brokers.size, sockets: sockets.size, appServers: appServers.size }),
    [Symbol.dispose]: () => {
      clearInterval(timer);
      watcher.close();
    },
  };
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}

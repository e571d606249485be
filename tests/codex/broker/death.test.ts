/** What happens to jobs and leftovers when a part of the chain dies or hangs: on real processes, with a fake Codex. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { retireDeadBroker } from '../../../scripts/codex/brokering/retire.ts';
import type { BrokerRecord } from '../../../scripts/domain/workspace/workspace-state.ts';
import { identify } from '../../../scripts/process/identity.ts';
import { update } from '../../../scripts/state/workspace/store.ts';
import {
  brokers,
  logOf,
  outcomeOf,
  readyBroker,
  resultOf,
  task,
  untilNoBroker,
  untilTurnRuns,
} from '../../support/codex/codex-jobs.ts';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const completed = { ending: 'completed', reason: 'The turn completed.' };
const brokerDied = 'The broker in front of Codex was killed or died; the turn was ended with it.';
/** Not resumed by itself: tests/codex/broker/resume.test.ts. */
const write = { write: true };

test('a killed worker: its turn and its commands are stopped, other jobs go on', async () => {
  await using world = await aWorkspace({ codex: {} });
  const mark = `${world.folder}/sleeper`;
  const victim = await task(world, `[[exec:exec -a ${mark} sleep 300]][[hang]]`);
  const other = await task(world, '[[hold]][[say:unhurt]]');
  await until('the command runs', () => survivors(mark).length > 0);
  process.kill(workerOf(world, victim), 'SIGKILL');
  await until('the command is gone', () => commands(mark).length === 0);
  assert.equal((await outcomeOf(world, victim)).ending, 'lost');
  world.codex.set({ released: true });
  assert.deepEqual(await outcomeOf(world, other), completed);
  await untilNoBroker(world);
});

test('the last worker is killed: everything goes without any hook or command', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]');
  await untilTurnRuns(world, id);
  process.kill(workerOf(world, id), 'SIGKILL');
  await until('no process is left', () => world.processes().length === 0);
  assert.deepEqual(brokers(world), []);
});

test('a killed broker: its jobs end with that reason, the next job gets a new one', async () => {
  await using world = await aWorkspace({ codex: {} });
  const ids = [await task(world, '[[hang]]', write), await task(world, '[[hang]]', write)];
  await untilTurnRuns(world, ...ids);
  const { pids } = await readyBroker(world, 2);
  process.kill(pids.broker, 'SIGKILL');
  const next = await task(world, '[[say:next]]');
  for (const id of ids) await hasFailed(world, id, brokerDied);
  assert.deepEqual(await outcomeOf(world, next), completed, logOf(world, next));
  await untilNoBroker(world);
});

test('a killed app-server: its jobs end with how it ended, the next job gets a new one', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]', write);
  await untilTurnRuns(world, id);
  process.kill((await readyBroker(world)).pids.appServer, 'SIGKILL');
  const next = await task(world, '[[say:next]]');
  await hasFailed(world, id, 'codex app-server was ended by SIGKILL.');
  assert.match(
    resultOf(world, id).rendered,
    /Not completed: codex app-server was ended by SIGKILL\. Go on .*\n\n.*codex resume/,
  );
  assert.deepEqual(await outcomeOf(world, next), completed, logOf(world, next));
  await untilNoBroker(world);
});

test('an app-server that panics: the reason carries its last words', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { ending, reason } = await outcomeOf(world, await task(world, '[[die]]'));
  assert.equal(ending, 'failed');
  assert.match(reason ?? '', /exited with status 101 .*panicked/);
  await untilNoBroker(world);
});

test('an app-server that falls mute in a turn is ended, and the job told so', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[mute]]', { limits: { deadlineSeconds: 2, stallSeconds: 0 } });
  assert.equal((await outcomeOf(world, id)).ending, 'timed-out');
  await untilNoBroker(world);
});

test('an app-server that answers nothing any more does not keep the next job waiting', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]', write);
  await untilTurnRuns(world, id);
  process.kill((await readyBroker(world)).pids.appServer, 'SIGSTOP');
  const next = await task(world, '[[say:next]]');
  await hasFailed(world, id, 'codex app-server gave no sign of life any more and was ended.');
  assert.deepEqual(await outcomeOf(world, next), completed, logOf(world, next));
  await untilNoBroker(world);
});

test('an app-server that cannot start fails every job of the batch with its words, and the next batch tries anew', async () => {
  await using world = await aWorkspace({ codex: { dieOn: 'initialize' } });
  const ids = await Promise.all([1, 2, 3].map(() => task(world, 'anything')));
  for (const id of ids) {
    const { ending, reason } = await outcomeOf(world, id);
    assert.equal(ending, 'failed');
    assert.match(reason ?? '', /codex app-server did not start: .*status 101/);
  }
  world.codex.set({});
  const next = await task(world, '[[say:next]]');
  assert.deepEqual(await outcomeOf(world, next), completed, logOf(world, next));
  await untilNoBroker(world);
});

test('a stopped broker is replaced: the next job gets a new one, and the old one is gone', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]', write);
  await untilTurnRuns(world, id);
  const old = await readyBroker(world);
  process.kill(old.pids.broker, 'SIGSTOP');
  const next = await task(world, '[[say:next]]');
  assert.deepEqual(await outcomeOf(world, next), completed, logOf(world, next));
  await hasFailed(world, id, brokerDied);
  assert.notEqual(brokers(world)[0]?.id, old.id);
  await untilNoBroker(world);
});

test('a stopped broker that nobody holds is taken down by a sweep', async () => {
  await using world = await aWorkspace({ codex: {} });
  await outcomeOf(world, await task(world, '[[say:done]]'));
  const { pids } = await readyBroker(world, 0);
  process.kill(pids.broker, 'SIGSTOP');
  assert.equal(await retireDeadBroker(world.context().layout), true);
  await untilNoBroker(world);
});

test('the worker that starts the broker is killed: another one starts it', async () => {
  await using world = await aWorkspace({ codex: { slow: { initialize: 1_500 } } });
  const starter = await task(world, '[[say:never]]');
  await until('a broker is being started', () => brokers(world)[0]?.stage === 'starting');
  const other = await task(world, '[[say:done]]');
  process.kill(workerOf(world, starter), 'SIGKILL');
  assert.deepEqual(await outcomeOf(world, other), completed, logOf(world, other));
  assert.equal((await outcomeOf(world, starter)).ending, 'lost');
  await untilNoBroker(world);
});

test('a broker that gets SIGTERM tells its jobs and goes', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]', write);
  await untilTurnRuns(world, id);
  process.kill((await readyBroker(world)).pids.broker, 'SIGTERM');
  await hasFailed(world, id, 'The broker was ended by SIGTERM.');
  await untilNoBroker(world);
});

test('a record that names somebody else’s process is taken off, and nobody is signalled', async () => {
  await using world = await aWorkspace({ codex: {} });
  const innocent = spawn('sleep', ['60'], { env: world.env, stdio: 'ignore' });
  const identity = identify(innocent.pid ?? 0);
  assert.ok(identity);
  const { layout } = world.context();
  const record: BrokerRecord = {
    ...{ id: 'abc123', stage: 'ready', fingerprint: 'f', starter: identity, process: identity },
    ...{ appServer: identity, socket: '/dev/null', startedAt: new Date().toISOString() },
  };
  await update(layout, (state) => ({ ...state, brokers: [record] }));
  assert.equal(await retireDeadBroker(layout), true);
  assert.deepEqual(brokers(world), []);
  assert.equal(innocent.kill('SIGTERM'), true, 'it was still there');
  await once(innocent, 'exit');
});

/** For that reason, and told how to go on. */
async function hasFailed(world: World, id: string, reason: string, ms = 60_000): Promise<void> {
  const outcome = await outcomeOf(world, id, ms);
  assert.equal(outcome.ending, 'failed');
  assert.ok(outcome.reason?.startsWith(`${reason} Go on with \`codex-companion task`), outcome.reason);
}

function workerOf(world: World, id: string): number {
  const { claim } = world.reading(id).facts;
  if (claim?.kind !== 'worker') throw new Error(`${id} has no worker yet.`);
  return claim.worker.pid;
}

/** The command itself, not the shells and servers that were told of it. */
function commands(mark: string) {
  return survivors(mark).filter(({ command }) => command.startsWith(mark));
}

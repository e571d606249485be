/** How a broker comes, is shared, and goes: on real processes, with a fake Codex behind it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { changeSettings } from '../../../scripts/use-cases/settings/change.ts';
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
import { long } from '../../support/long.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

test('eight workers that start at once in a cold workspace share one broker and one app-server', async () => {
  await using world = await aWorkspace({ codex: {} });
  const ids = await Promise.all(
    Array.from({ length: 8 }, (_, n) => task(world, `[[hold]][[say:answer ${n}]]`)),
  );
  await untilTurnRuns(world, ...ids);
  world.codex.set({ released: true });
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed);
  assert.deepEqual(
    ids.map((id) => resultOf(world, id).payload.rawOutput),
    ids.map((_, n) => `answer ${n}`),
  );
  assert.equal(world.codex.appServers().length, 1);
  await untilNoBroker(world);
});

test('the next job within a moment finds the broker still up; after the last one everything goes', async () => {
  await using world = await aWorkspace({ codex: {} });
  await changeSettings(world.context().layout, { maxParallel: 1 });
  // A loaded machine may need longer than that moment: then once more.
  let rounds = 10;
  while (!(await isFound(world)) && rounds > 1) rounds -= 1;
  assert.ok(rounds > 1, 'the broker is never found');
  await untilNoBroker(world);
});

/** Two jobs one after the other, the second of which has its worker waiting: did one app-server do for both? */
async function isFound(world: World): Promise<boolean> {
  await untilNoBroker(world);
  const before = world.codex.appServers().length;
  world.codex.set({});
  const first = await task(world, '[[hold]][[say:one]]');
  await untilTurnRuns(world, first);
  const second = await task(world, '[[say:two]]');
  await until('the next one waits', () => world.reading(second).facts.spawned);
  world.codex.set({ released: true });
  for (const id of [first, second]) assert.deepEqual(await outcomeOf(world, id), completed);
  return world.codex.appServers().length === before + 1;
}

test('the refcount is the number of jobs that are connected', async () => {
  await using world = await aWorkspace({ codex: {} });
  const waits = (gate: string) => `[[exec:until [ -e ${world.folder}/${gate} ]; do sleep 0.05; done]]`;
  const ids = await Promise.all(['one', 'two'].map((gate) => task(world, waits(gate))));
  await readyBroker(world, 2);
  writeFileSync(`${world.folder}/one`, '');
  await outcomeOf(world, ids[0] ?? '');
  // The outcome is there a moment before the index is brought in step with it.
  await until('one lease is left', () => {
    const { leases } = readState(world.context().layout);
    return leases.length === 1 && leases[0]?.jobId === ids[1];
  });
  writeFileSync(`${world.folder}/two`, '');
  await outcomeOf(world, ids[1] ?? '');
  await untilNoBroker(world);
});

test('a client that comes in the moment of the exit gets a broker and never an error', async () => {
  await using world = await aWorkspace({ codex: {} });
  const rounds = long ? 20 : 6;
  for (let round = 0; round < rounds; round++) {
    const id = await task(world, `[[say:${round}]]`);
    assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
    // The linger is 1 s: the newcomer's lease falls before, into, or after the broker's own decision.
    await until(
      'about the time of the exit',
      () => (brokers(world).length === 0 ? true : undefined),
      900 + (200 * round) / rounds,
    ).catch(() => {});
  }
  await untilNoBroker(world);
});

test('two CODEX_HOMEs have a broker each, side by side', async () => {
  await using world = await aWorkspace({ codex: {} });
  const ids = [
    await task(world, '[[hold]][[say:mine]]'),
    await task(world, '[[hold]][[say:other]]', { env: { CODEX_HOME: `${world.home}/other` } }),
    await task(world, '[[hold]][[say:mine too]]'),
  ];
  await untilTurnRuns(world, ...ids);
  assert.equal(brokers(world).length, 2);
  world.codex.set({ released: true });
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed);
  assert.equal(world.codex.appServers().length, 2);
  await untilNoBroker(world);
});

test('a key that changes gets a broker of its own, and stands in no file', async () => {
  await using world = await aWorkspace({ codex: {} });
  const ids = [
    await task(world, '[[hold]]', { env: { OPENAI_API_KEY: 'key-of-the-first' } }),
    await task(world, '[[hold]]', { env: { OPENAI_API_KEY: 'key-of-the-second' } }),
  ];
  await untilTurnRuns(world, ...ids);
  assert.equal(brokers(world).length, 2);
  world.codex.set({ released: true });
  for (const id of ids) await outcomeOf(world, id);
  assert.deepEqual(filesWith(world.stateRoot, 'key-of-the-'), []);
  await untilNoBroker(world);
});

test('a state that is damaged during a turn is mended, and the broker stays', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hold]][[say:done]]');
  const { id: brokerId } = await readyBroker(world);
  await untilTurnRuns(world, id);
  writeFileSync(world.context().layout.stateFile, '{"version": 2, "jobs": [nu');
  const next = await task(world, '[[hold]][[say:next]]');
  assert.equal((await readyBroker(world, 2)).id, brokerId);
  world.codex.set({ released: true });
  for (const one of [id, next]) assert.deepEqual(await outcomeOf(world, one), completed);
  assert.equal(world.codex.appServers().length, 1);
  await untilNoBroker(world);
});

test('a state root so long that no socket path fits works as well', async () => {
  await using world = await aWorkspace({ codex: {} });
  const env = { CODEX_COMPANION_HOME: `${world.folder}/${'deep-'.repeat(20)}/state` };
  Object.assign(world.env, env);
  const id = await task(world, '[[say:far down]]');
  assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  await until('the broker is gone', () => world.processes().length === 0);
});

test('the app-server gets nothing that belongs to one caller, and each thread gets its own', async () => {
  await using world = await aWorkspace({ codex: {} });
  const ask = '[[exec:echo "venv $VIRTUAL_ENV job $CODEX_COMPANION_JOB node $NODE_OPTIONS"]][[say:ok]]';
  const ids: string[] = [];
  for (const name of ['one', 'two']) {
    const env = { VIRTUAL_ENV: `/venv/${name}`, NODE_OPTIONS: '--require ./no-such-file.cjs' };
    ids.push(await task(world, ask, { env }));
    await untilTurnRuns(world, ...ids);
  }
  for (const id of ids) assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  const settings = world.codex
    .requests('thread/start')
    .map(({ config }) => config as Record<string, unknown>);
  const set = settings.map((config) => config['shell_environment_policy.set'] as Record<string, string>);
  assert.deepEqual(
    set.map(({ VIRTUAL_ENV, CODEX_COMPANION_JOB, NODE_OPTIONS }) => [
      VIRTUAL_ENV,
      CODEX_COMPANION_JOB,
      NODE_OPTIONS,
    ]),
    ids.map((id, n) => [`/venv/${['one', 'two'][n]}`, id, '--require ./no-such-file.cjs']),
    'each thread, in the order of the jobs',
  );
  const [spawned] = world.codex
    .log()
    .filter((entry) => entry.kind === 'spawn' && entry.args.includes('app-server'));
  assert.ok(spawned?.kind === 'spawn');
  const leaked = spawned.environment.filter((name) =>
    /^(VIRTUAL_ENV|NODE_OPTIONS|CODEX_COMPANION_JOB)/.test(name),
  );
  assert.deepEqual(leaked, []);
  await untilNoBroker(world);
});

/** Files below a directory that contain a text. */
function filesWith(directory: string, text: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  );
  // Short-lived files go while they are listed.
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  return paths.filter((path) => isFile(path) && readFileSync(path, 'utf8').includes(text));
}

const completed = { ending: 'completed', reason: 'The turn completed.' };

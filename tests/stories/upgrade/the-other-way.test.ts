/** The release before reads and writes what this build has written: an update is not the end of all its processes. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { logOf, outcomeOf, untilNoBroker, untilTurnRuns } from '../../support/codex/codex-jobs.ts';
import { type Release, release } from '../../support/releases/release.ts';
import { AT_THE_GATE, by, openGate, run, sessionRun, shown, task } from '../../support/releases/verbs.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

const before = release('1.1.0');

if ('missing' in before) test('upgrades', { skip: before.missing }, () => undefined);
else describe(`what is written now, before ${before.version}`, () => stories(before));

function stories(old: Release): void {
  test('its verbs read, list and stop a job of this build', async () => {
    await using world = await aWorkspace();
    const done = await run(world, undefined, 'echo', 'out');
    await world.cli('wait', done);
    const id = await run(world, undefined, ...AT_THE_GATE);
    await until('it has said its word', () => logOf(world, id) === 'first\n');
    const status = (await by(world, old, 'status', '--all', '--json')).json;
    assert.deepEqual(status.running.map(shown), [[id, 'running', 'running', true]]);
    assert.deepEqual(status.latestFinished.id, done);
    assert.match((await by(world, old, 'result', done)).stdout, /out/);
    const { code, json } = await by(world, old, 'cancel', id, '--json');
    assert.deepEqual([code, json.status, json.left], [0, 'cancelled', []]);
    assert.equal((await by(world, old, 'sweep')).code, 0);
    assert.equal(world.reading(id).facts.outcome?.ending, 'cancelled');
  });

  test('what it does not know in the index, the settings and a job it carries along, whatever of it writes', async () => {
    await using world = await aWorkspace({ codex: {} });
    const { layout } = world.context();
    await by(world, undefined, 'setup', '--max-parallel', '3');
    const held = await task(world, undefined, '[[hold]][[say:done]]');
    await untilTurnRuns(world, held);
    const id = await sessionRun(world, old, ...AT_THE_GATE);
    await until('its command runs', () => logOf(world, id) === 'first\n');
    for (const file of [layout.stateFile, layout.settingsFile, join(layout.jobs, id, 'request.json')])
      writeFileSync(file, JSON.stringify(fromLater(JSON.parse(readFileSync(file, 'utf8')))));
    assert.equal((await by(world, old, 'setup', '--max-parallel', '4')).code, 0);
    openGate(world);
    await until('its own last step is done', () => readState(layout).jobs[0]?.finished);
    const stopped = await run(world, undefined, 'sleep', '300');
    assert.equal((await by(world, old, 'cancel', stopped)).code, 0);
    assert.equal((await by(world, old, 'sweep')).code, 0);
    const settings = JSON.parse(readFileSync(layout.settingsFile, 'utf8'));
    assert.deepEqual([settings.maxParallel, settings.later], [4, LATER]);
    const now = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
    const jobs = now.jobs.filter((job: { id: string }) => job.id !== stopped);
    const { config, events, sessions, brokers, leases } = now;
    const all = [now, config, events, ...sessions, ...jobs, ...brokers, ...leases];
    assert.deepEqual(
      all.map(({ later }) => later),
      Array.from({ length: 3 + 1 + 2 + 1 + 1 }, () => LATER),
    );
    const [line = ''] = readFileSync(layout.historyFile, 'utf8').split('\n');
    assert.deepEqual([JSON.parse(line).id, JSON.parse(line).later], [id, LATER]);
    world.codex.set({ released: true });
    assert.equal((await outcomeOf(world, held)).ending, 'completed');
    await untilNoBroker(world);
  });
}

/** As a build to come may write it: one field more in every object of ours. */
const LATER = { since: 'a later build' };

function fromLater(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromLater);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, fromLater(field)]);
  return { ...Object.fromEntries(fields), later: LATER };
}

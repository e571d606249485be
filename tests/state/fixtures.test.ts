/** State of every version, as it was really left, is read by this build: all jobs, their ends, what they said. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { importIsDue, oldStatePlaces } from '../../scripts/use-cases/upkeep/import-old-state.ts';
import { callHook } from '../support/hosts/hooks.ts';
import { fixtureVersions, type LeftJob, loadFixture } from '../support/state-fixtures/fixture.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

test('every version whose state we promise to read has left some', () => {
  assert.deepEqual(fixtureVersions(), ['1.0.5', '1.1.0']);
});

for (const version of fixtureVersions()) {
  test(`jobs of ${version} are all there, each ended as it had, before and after a sweep`, async () => {
    await using world = await aWorkspace();
    const left = loadFixture(world, version);
    await takeOver(world);
    const expected = left.jobs.map(({ id, ending }) => [id, ending]).sort();
    assert.deepEqual(await endings(world), expected);
    assert.equal((await world.cli('sweep')).code, 0);
    assert.deepEqual(await endings(world), expected);
    const { running, warnings } = (await world.cli('status', '--json')).json;
    assert.deepEqual([running, warnings], [[], []]);
    assert.equal((await world.cli('sweep')).stdout, 'All was in order.\n');
    const { problems } = (await world.cli('doctor', '--json')).json;
    assert.deepEqual(problems.filter(aboutTheState), []);
  });

  test(`results, output and settings of ${version} are what they were, and nothing counts as damaged`, async () => {
    await using world = await aWorkspace();
    const left = loadFixture(world, version);
    await takeOver(world);
    for (const job of left.jobs) assert.deepEqual(await asRead(world, job.id), job);
    const settings = (await world.cli('setup', '--json')).json;
    assert.deepEqual(settings, { ...settings, ...left.settings });
    const names = readdirSync(world.stateRoot, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      names.filter((name) => name.includes('damaged')),
      [],
    );
  });

  test(`in a workspace of ${version} work goes on at once`, async () => {
    await using world = await aWorkspace({ codex: {} });
    loadFixture(world, version);
    const { code, stdout, stderr } = await world.cli('task', '[[say:on we go]]');
    assert.deepEqual([code, stdout.split('\n')[0]], [0, 'on we go'], stderr);
    assert.equal((await world.cli('run', '--', 'sh', '-c', 'exit 4')).code, 4);
    await until('all of it has ended', () => world.processes().length === 0);
  });
}

/** What 1.0.5 kept lies elsewhere; the start of a session has it taken over, in its follow-up. */
async function takeOver(world: World): Promise<void> {
  const due = () => importIsDue(world.context().layout, oldStatePlaces(world.env));
  // A hook that has no more time, on a slow machine, leaves it to the next start.
  await until('it is taken over', async () => {
    if (due() && world.processes().length === 0) await callHook(world, { event: 'SessionStart' });
    return !due() && world.processes().length === 0;
  });
}

async function endings(world: World): Promise<string[][]> {
  const { running, latestFinished, recent } = (await world.cli('status', '--all', '--json')).json;
  const shown = [...running, latestFinished, ...recent];
  return shown.map(({ id, status, outcome }) => [id, outcome?.ending ?? status]).sort();
}

async function asRead(world: World, id: string): Promise<LeftJob> {
  const { storedJob } = (await world.cli('result', id, '--json')).json;
  const { kind, threadId, outcome, result } = storedJob;
  const { ending, exitCode } = outcome;
  const answer = kind === 'run' ? null : (result?.rawOutput ?? null);
  return { id, kind, ending, threadId, exitCode, answer, log: (await world.cli('logs', id, '--raw')).stdout };
}

/** Where a test's files lie is not the state's doing. */
function aboutTheState(problem: string): boolean {
  return !problem.includes('lies below /tmp');
}

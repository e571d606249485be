/** The state of a workspace in which nothing is kept goes; each directory that a session started in has one. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { now } from '../../../scripts/process/clock.ts';
import { workspaceLayout } from '../../../scripts/state/layout.ts';
import { busyWorkspaces } from '../../../scripts/state/workspace/busy.ts';
import { startSession } from '../../../scripts/use-cases/sessions/start.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** A directory that a session has started and ended in, two days ago; returns where its state is. */
async function visited(
  world: World,
  name: string,
  between: (cwd: string) => Promise<unknown> = async () => {},
): Promise<{ cwd: string; state: string }> {
  const cwd = join(world.folder, name);
  mkdirSync(cwd);
  const layout = workspaceLayout(world.stateRoot, cwd);
  await startSession(
    layout,
    { host: 'claude-code', id: name, client: null, startedAt: now(), endedAt: now() },
    LOCK_MS,
  );
  await between(cwd);
  await until('all that it began is over', () => world.processes().length === 0);
  const old = Date.now() / 1000 - 2 * 86_400;
  utimesSync(layout.stateFile, old, old);
  return { cwd, state: layout.directory };
}

const LOCK_MS = 10_000;

test('a sweep removes the state of workspaces where no job ever was, and of those whose directory and jobs have gone', async () => {
  await using world = await aWorkspace();
  const withJob = await visited(world, 'with a job', (cwd) => world.cliWith({ cwd }, 'run', '--', 'true'));
  const withSetting = await visited(world, 'with a setting', (cwd) =>
    world.cliWith({ cwd }, 'setup', '--keep-days', '3'),
  );
  const past = await visited(world, 'past', (cwd) => world.cliWith({ cwd }, 'run', '--', 'true'));
  // The last one: a job's end looks for such workspaces, too, once a day.
  const never = await visited(world, 'never');
  const isThere = () => [never, withJob, withSetting, past].map(({ state }) => existsSync(state));
  assert.deepEqual(isThere(), [true, true, true, true]);
  rmSync(join(past.state, 'jobs'), { recursive: true });
  rmSync(past.cwd, { recursive: true });
  assert.equal((await world.cli('sweep')).code, 0);
  assert.deepEqual(isThere(), [false, true, true, false]);
  // And it is a workspace like any other again.
  assert.equal((await world.cliWith({ cwd: never.cwd }, 'run', '--', 'true')).code, 0);
  assert.equal(existsSync(never.state), true);
});

test('the workspaces where jobs live are listed while they do, also where an older release has not listed them', async () => {
  await using world = await aWorkspace();
  const { root, directory } = world.context().layout;
  const id = await world.run('sleep', '300');
  assert.deepEqual(busyWorkspaces(root), [directory]);
  rmSync(join(root, 'busy'), { recursive: true });
  assert.deepEqual(busyWorkspaces(root), [directory]);
  await world.cli('cancel', id);
  assert.deepEqual(busyWorkspaces(root), []);
});

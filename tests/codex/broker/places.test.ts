/** Where jobs may come from: each workspace has its broker, and none outlives its jobs, whatever becomes of the place. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

async function taskIn(world: World, cwd: string, prompt: string): Promise<string> {
  const { stdout, stderr, code, json } = await world.cliWith(
    { cwd },
    'task',
    '--background',
    '--json',
    prompt,
  );
  assert.equal(code, 0, stdout + stderr);
  return json.jobId;
}

/** No process of ours, no socket. */
async function nothingIsLeft(world: World): Promise<void> {
  const run = join(world.stateRoot, 'run');
  await until(
    'no process and no socket is left',
    () => survivors(world.folder).length === 0 && (!existsSync(run) || readdirSync(run).length === 0),
  );
}

test('five worktrees at once, a directory outside git, and one that is deleted meanwhile: all end, and nothing is left', async () => {
  await using world = await aWorkspace({ codex: {} });
  const trees = ['one', 'two', 'three', 'four', 'five'].map((name) => join(world.folder, name));
  for (const tree of trees) world.git('worktree', 'add', '--quiet', '--detach', tree);
  const outside = join(world.folder, 'outside');
  const doomed = join(world.folder, 'doomed');
  for (const directory of [outside, doomed]) mkdirSync(directory);

  const ids = await Promise.all(
    [...trees, outside, doomed].map((cwd) => taskIn(world, cwd, '[[slow:1]][[say:done]]')),
  );
  rmSync(doomed, { recursive: true });
  const { code, json } = await world.cli('wait', ...ids, '--json');

  const ends = json.jobs.map((job: { status: string }) => job.status);
  assert.deepEqual([code, ends.slice(0, 6)], [code, Array(6).fill('completed')]);
  assert.match(ends[6], /^(completed|failed)$/);
  await nothingIsLeft(world);
});

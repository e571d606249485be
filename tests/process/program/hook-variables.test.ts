import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutDeadGit } from '../../../scripts/process/program/hook-variables.ts';
import { scratch } from '../../support/scratch.ts';

test('a command that outlives a hook is not told of what the hook’s git takes with it', () => {
  using folder = scratch();
  mkdirSync(join(folder.path, '.git/objects/tmp'), { recursive: true });
  const cwd = folder.path;
  const kept = (environment: Record<string, string>, outlives: boolean) =>
    Object.keys(withoutDeadGit(environment, { cwd, outlives }));
  const commit = {
    GIT_DIR: '.git',
    GIT_INDEX_FILE: join(cwd, '.git/index.lock'),
    GIT_PREFIX: '',
    HOME: '/h',
  };
  assert.deepEqual(kept(commit, true), ['GIT_DIR', 'GIT_PREFIX', 'HOME']);
  assert.deepEqual(kept(commit, false), Object.keys(commit));
  assert.deepEqual(kept({ GIT_INDEX_FILE: '.git/index' }, true), ['GIT_INDEX_FILE']);
  const push = {
    GIT_QUARANTINE_PATH: join(cwd, '.git/objects/tmp'),
    GIT_OBJECT_DIRECTORY: join(cwd, '.git/objects/tmp'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(cwd, '.git/objects'),
  };
  assert.deepEqual(kept(push, true), []);
  assert.deepEqual(kept(push, false), Object.keys(push));
  const gone = { GIT_DIR: 'gone/.git', GIT_WORK_TREE: '/gone', GIT_COMMON_DIR: join(cwd, '.git') };
  assert.deepEqual(kept(gone, false), ['GIT_COMMON_DIR']);
});

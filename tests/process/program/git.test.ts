/** git is asked about the directory that it is told, runs nothing of the repository's, and refuses in its own words. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitAt, NO_DRIVERS } from '../../../scripts/process/program/git.ts';
import { scratch } from '../../support/scratch.ts';

const ENVIRONMENT = { PATH: '/usr/bin:/bin', HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' };
type Variables = Record<string, string | undefined>;

/** A repository in a folder of its own, with one file in one commit. */
function repository(name = 'project') {
  const folder = scratch();
  const root = join(realpathSync(folder.path), name);
  mkdirSync(root);
  const git = (...args: string[]) => {
    const who = ['-c', 'user.name=S', '-c', 'user.email=s@example.com'];
    return execFileSync('git', [...who, ...args], {
      ...{ cwd: root, env: ENVIRONMENT },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(root, 'file'), 'one\n');
  git('add', '.');
  git('commit', '--quiet', '--message=Begin');
  return { root, folder: realpathSync(folder.path), git, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const at = (cwd: string, more: Variables = {}) =>
  gitAt({ cwd, workspace: cwd, environment: { ...ENVIRONMENT, ...more } });

test('the variables of a hook name no other repository, index or work tree', async () => {
  using ours = repository();
  using other = repository('other');
  const hook = {
    GIT_DIR: join(other.root, '.git'),
    GIT_WORK_TREE: other.root,
    GIT_INDEX_FILE: join(other.root, '.git/index.lock'),
    GIT_OBJECT_DIRECTORY: join(other.root, '.git/objects'),
    GIT_COMMON_DIR: join(other.root, '.git'),
    GIT_NAMESPACE: 'other',
    GIT_CONFIG_PARAMETERS: "'core.bare'='true'",
  };
  const git = await at(ours.root, hook);
  assert.equal(await git.tell('rev-parse', '--show-toplevel'), ours.root);
  assert.equal(await git.tell('status', '--porcelain'), '');
  assert.equal(await git.tell('rev-parse', 'HEAD'), ours.git('rev-parse', 'HEAD').trim());
});

test('settings that a user has in the environment hold', async () => {
  using ours = repository();
  const own = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'x.y', GIT_CONFIG_VALUE_0: 'kept' };
  ours.git('config', 'filter.any.clean', 'cat');
  assert.equal(await (await at(ours.root, own)).tell('config', 'x.y'), 'kept');
});

test('no program runs that the repository’s own configuration names, nor one that lies in it', async () => {
  using ours = repository();
  const hit = join(ours.folder, 'hit');
  const touch = `touch ${hit}; cat`;
  const programs = [
    ['core.fsmonitor', `touch ${hit}; false`],
    ['core.sshCommand', touch],
    ['core.pager', touch],
    ['diff.external', touch],
    ['diff.odd.textconv', touch],
    ['filter.odd.clean', touch],
    ['filter.odd=name.process', touch],
    ['filter.odd.required', 'true'],
  ];
  for (const [name = '', value = ''] of programs) ours.git('config', name, value);
  const hooks = join(ours.root, '.git/hooks');
  mkdirSync(hooks, { recursive: true });
  writeFileSync(join(hooks, 'post-index-change'), `#!/bin/sh\ntouch ${hit}\n`, { mode: 0o755 });
  writeFileSync(
    join(ours.root, '.gitattributes'),
    '*.a filter=odd diff=odd\n*.b filter=odd=name\nfile filter=odd\n',
  );
  writeFileSync(join(ours.root, 'file'), 'two\n'); // of the same size: git has to look into it
  for (const directory of [ours.root, join(ours.root, 'bin')]) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'git'), `#!/bin/sh\ntouch ${hit}\n`, { mode: 0o755 });
  }
  const git = await at(ours.root, { PATH: `.:bin:${ours.root}:${ours.root}/bin:/usr/bin:/bin` });
  assert.match(await git.tell('status', '--porcelain'), /^ M file$/m);
  assert.match(await git.tell('diff', ...NO_DRIVERS, '--stat', 'HEAD', '--'), /file \| 2 \+-/);
  assert.equal(existsSync(hit), false, 'a program of the repository was run');
  ours.git('status', '--porcelain');
  assert.equal(existsSync(hit), true, 'nothing here would have been run anyway');
});

test('no file is read that the repository’s own configuration names: it may have no end', async () => {
  using ours = repository();
  ours.git('config', 'diff.orderFile', '/dev/zero');
  ours.git('config', 'core.attributesFile', '/dev/zero');
  writeFileSync(join(ours.root, 'file'), 'two\n');
  const git = await at(ours.root);
  assert.match(await git.tell('status', '--porcelain'), /^ M file$/m);
  assert.match(await git.tell('diff', ...NO_DRIVERS, 'HEAD', '--'), /^\+two$/m);
});

test('a repository in which git would read a FIFO or a device for ever is refused, with the name of that', async () => {
  const places = [
    ...['.gitignore', '.gitattributes', '.git/info/exclude', 'sub/.gitignore', 'elsewhere'],
    ...['.git/refs/heads/main', '.git/objects/info/alternates'],
  ];
  for (const place of places)
    for (const make of [
      (file: string) => execFileSync('mkfifo', [file]),
      (file: string) => symlinkSync('/dev/zero', file),
    ]) {
      using ours = repository();
      const file = join(ours.root, place);
      mkdirSync(join(ours.root, '.git/info'), { recursive: true });
      mkdirSync(join(ours.root, 'sub'));
      writeFileSync(join(ours.root, 'sub/new'), '');
      rmSync(file, { force: true });
      make(file);
      if (place === 'elsewhere') ours.git('config', 'core.excludesFile', file);
      const status = async () => (await at(ours.root)).tell('status', '--porcelain', '--untracked-files=all');
      const isRead = make.toString().includes('mkfifo');
      const answer = await status().catch((error) => error);
      if (answer instanceof Error)
        assert.equal(
          answer.message,
          `git would read ${file} for ever: it is no file, but a FIFO, a socket or a device.`,
        );
      // git itself does not follow links to some of them, and reads nothing of a device that has no size.
      else assert.ok(!isRead, `${place}: ${answer}`);
    }
});

test('nor is it waited for in the repository of a linked worktree, and for a fact of little worth no longer than that', async () => {
  using ours = repository();
  const linked = join(ours.folder, 'linked');
  ours.git('worktree', 'add', '--quiet', linked);
  const head = join(ours.root, '.git/worktrees/linked/HEAD');
  rmSync(head);
  execFileSync('mkfifo', [head]);
  await assert.rejects(at(linked), {
    message: `git would read ${head} for ever: it is no file, but a FIFO, a socket or a device.`,
  });
  const brief = gitAt({ cwd: linked, workspace: linked, environment: ENVIRONMENT, limitMs: 300 });
  await assert.rejects(brief, { message: /gave no answer within 0.3 s/ });
});

test('a look takes no lock and leaves the index as it is', async () => {
  using ours = repository();
  const index = join(ours.root, '.git/index');
  utimesSync(join(ours.root, 'file'), 1, 1); // git would refresh its entry
  const before = statSync(index).mtimeMs;
  writeFileSync(`${index}.lock`, '');
  assert.equal(await (await at(ours.root)).tell('status', '--porcelain'), '');
  assert.equal(statSync(index).mtimeMs, before);
});

test('a refusal has git’s own words and what git advises', async () => {
  using ours = repository();
  const foreign = await at(ours.root, { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
  await assert.rejects(foreign.tell('rev-parse', '--show-toplevel'), {
    code: 'usage',
    message: `git refuses ${ours.root}: fatal: detected dubious ownership in repository at '${ours.root}'`,
    hint: `git config --global --add safe.directory ${ours.root}`,
  });
  const linked = join(ours.folder, 'linked');
  ours.git('worktree', 'add', '--quiet', linked);
  renameSync(ours.root, join(ours.folder, 'moved'));
  const moved = await at(linked);
  await assert.rejects(moved.tell('rev-parse', '--show-toplevel'), {
    message: `git refuses ${linked}: fatal: not a git repository: ${ours.root}/.git/worktrees/linked`,
    hint: `git -C '${linked}' status`,
  });
});

test('only where no .git lies above is a new repository advised', async () => {
  using folder = scratch();
  const plain = await at(folder.path);
  await assert.rejects(plain.tell('status'), {
    message: /is not in a Git repository: /,
    hint: 'git init, or --cwd DIR',
  });
  mkdirSync(join(folder.path, 'sub/.git'), { recursive: true });
  const empty = await at(join(folder.path, 'sub'));
  await assert.rejects(empty.tell('status'), { hint: 'git init, or --cwd DIR' });
  writeFileSync(join(folder.path, '.git'), 'no link\n');
  const broken = await at(folder.path);
  await assert.rejects(broken.tell('status'), { message: /^git refuses .*invalid gitfile format/ });
  await assert.rejects(at(folder.path, { PATH: '/nowhere' }), {
    code: 'usage',
    message: /^`git .*` cannot be run: there is no git on PATH/,
    hint: 'Install git, or pass --cwd DIR',
  });
});

/** What a review looks at: openai/codex-plugin-cc 1.0.5 chooses the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveReviewTarget } from '../../../scripts/codex/turn/review-target.ts';
import { reviewContext } from '../../../scripts/runners/turn/review-context.ts';
import { scratch } from '../../support/scratch.ts';

/** With one commit on its branch; unborn where there is to be none. */
function repository(branch = 'main', { unborn = false } = {}) {
  const folder = scratch();
  const git = (...args: string[]) => {
    const who = ['-c', 'user.name=S', '-c', 'user.email=s@example.com'];
    return execFileSync('git', [...who, ...args], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  git('init', '--quiet', `--initial-branch=${branch}`);
  const write = (name: string) => writeFileSync(join(folder.path, name), name);
  if (!unborn) git('commit', '--quiet', '--allow-empty', '--message=Begin');
  return {
    path: folder.path,
    git,
    write,
    /** A branch with a commit of its own. */
    branchOff(name: string) {
      git('checkout', '--quiet', '-b', name);
      write('committed.txt');
      git('add', '.');
      git('commit', '--quiet', '--message=More');
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const workingTree = (explicit: boolean) =>
  ({ mode: 'working-tree', label: 'working tree diff', explicit }) as const;
const branch = (baseRef: string, explicit: boolean) => ({
  mode: 'branch',
  label: `branch diff against ${baseRef}`,
  baseRef,
  explicit,
});

const at = (cwd: string) => ({ cwd, environment: process.env, workspace: cwd });

test('by itself it takes the working tree where that has changes, else the branch', async () => {
  using repo = repository();
  repo.branchOff('feature');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), branch('main', false));
  repo.git('config', 'status.showUntrackedFiles', 'no');
  repo.write('new.txt');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), workingTree(false));
  repo.git('add', 'new.txt');
  mkdirSync(join(repo.path, 'sub'));
  assert.deepEqual(
    await resolveReviewTarget(at(join(repo.path, 'sub')), { scope: 'auto' }),
    workingTree(false),
  );
});

test('what is asked for is taken, --base before --scope', async () => {
  using repo = repository();
  repo.write('new.txt');
  assert.deepEqual(await resolveReviewTarget(at(repo.path), { scope: 'branch' }), branch('main', true));
  assert.deepEqual(await resolveReviewTarget(at(repo.path), { scope: 'working-tree' }), workingTree(true));
  repo.git('tag', 'v1');
  const both = { base: 'v1', scope: 'working-tree' };
  assert.deepEqual(await resolveReviewTarget(at(repo.path), both), branch('v1', true));
});

test('the default branch is origin’s, else one of the usual names', async () => {
  using repo = repository('trunk');
  repo.branchOff('feature');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), branch('trunk', false));
  repo.git('update-ref', 'refs/remotes/origin/master', 'trunk');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), branch('origin/master', false));
  repo.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/develop');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), branch('origin/develop', false));
  repo.git('branch', 'develop', 'trunk');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), branch('develop', false));
});

test('where none is to be found, the error says what to pass', async () => {
  using repo = repository('feature');
  await assert.rejects(resolveReviewTarget(at(repo.path)), {
    code: 'usage',
    message: 'This repository shows no default branch to compare with.',
    hint: '--base REF, or --scope working-tree',
  });
});

const nothing = (why: string) => ({
  code: 'wrong-state',
  message: `There is nothing to review: ${why}. Codex was not asked.`,
});

test('a clean tree with nothing ahead of its base is nothing to review, whatever is asked for', async () => {
  using repo = repository();
  const clean = nothing('the working tree is clean');
  const level = nothing('the working tree is clean, and HEAD has nothing that main has not');
  await assert.rejects(resolveReviewTarget(at(repo.path)), level);
  await assert.rejects(resolveReviewTarget(at(repo.path), { scope: 'branch' }), level);
  await assert.rejects(resolveReviewTarget(at(repo.path), { base: 'main' }), level);
  await assert.rejects(resolveReviewTarget(at(repo.path), { scope: 'working-tree' }), clean);
  repo.branchOff('feature');
  await assert.rejects(resolveReviewTarget(at(repo.path), { scope: 'working-tree' }), clean);
  repo.git('checkout', '--quiet', 'main');
  await assert.rejects(resolveReviewTarget(at(repo.path), { base: 'feature' }), { code: 'wrong-state' });
  repo.write('new.txt');
  assert.deepEqual(await resolveReviewTarget(at(repo.path), { base: 'main' }), branch('main', true));
});

test('a base without a common ancestor is left to the reviewer', async () => {
  using repo = repository();
  repo.git('checkout', '--quiet', '--orphan', 'other');
  repo.git('commit', '--quiet', '--allow-empty', '--message=Apart');
  assert.deepEqual(await resolveReviewTarget(at(repo.path), { base: 'main' }), branch('main', true));
});

test('before the first commit what is staged or new is reviewed, and no more', async () => {
  using repo = repository('main', { unborn: true });
  await assert.rejects(resolveReviewTarget(at(repo.path)), nothing('the working tree is clean'));
  repo.write('staged.txt');
  repo.git('add', 'staged.txt');
  assert.deepEqual(await resolveReviewTarget(at(repo.path)), workingTree(false));
  await assert.rejects(resolveReviewTarget(at(repo.path), { scope: 'branch' }), {
    code: 'usage',
    message: 'This repository has no commit yet, so no branch to compare with.',
  });
  const { branch: name, summary } = await reviewContext(at(repo.path), workingTree(false));
  assert.deepEqual([name, /^ ?staged\.txt \| 1 \+/m.test(summary)], ['main', true], summary);
});

for (const base of ['nowhere', '', '--all', '-x', 'main:new.txt', 'HEAD^{tree}']) {
  test(`--base ${JSON.stringify(base)} is no commit`, async () => {
    using repo = repository();
    repo.write('new.txt');
    await assert.rejects(resolveReviewTarget(at(repo.path), { base }), {
      code: 'usage',
      message: `No commit "${base}" in the repository at ${repo.path}.`,
    });
  });
}

test('outside a repository, in a bare one and nowhere there is nothing to review', async () => {
  using plain = scratch();
  await assert.rejects(resolveReviewTarget(at(plain.path)), {
    code: 'usage',
    message: /is not in a Git repository: fatal: not a git repository/,
    hint: 'git init, or --cwd DIR',
  });
  execFileSync('git', ['init', '--quiet', '--bare', 'bare.git'], { cwd: plain.path });
  const bare = join(plain.path, 'bare.git');
  await assert.rejects(resolveReviewTarget(at(bare)), {
    code: 'usage',
    message: `git refuses ${bare}: fatal: this operation must be run in a work tree`,
    hint: `git -C '${bare}' status`,
  });
  const gone = join(plain.path, 'gone');
  await assert.rejects(resolveReviewTarget(at(gone)), {
    code: 'usage',
    message: `There is no directory ${gone}.`,
  });
});

test('an unknown scope is refused before anything is looked at', async () => {
  await assert.rejects(resolveReviewTarget(at('/nowhere'), { scope: 'staged' }), {
    code: 'usage',
    message: 'No review scope "staged".',
    hint: '--scope auto|working-tree|branch, or --base REF',
  });
});

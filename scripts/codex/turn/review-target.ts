import { CompanionError } from '../../domain/base/errors.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import { echo } from '../../domain/text/harmless.ts';
import { type Git, type GitPlace, gitAt, NO_DRIVERS } from '../../process/program/git.ts';

export const SCOPES = ['auto', 'working-tree', 'branch'] as const;
export type ReviewScope = (typeof SCOPES)[number];

export interface ReviewChoice {
  /** a commit, branch or tag to compare with; decides alone */
  base?: string | undefined;
  /** `auto` (the default): the working tree where it has changes, else the branch */
  scope?: string | undefined;
}

/**
 * What a review looks at, as openai/codex-plugin-cc 1.0.5 chooses it; besides, an unknown ref is told here and not by
 * the reviewer, which would look for it by itself, and where there is nothing to review no turn is spent on finding that.
 * @throws CompanionError `usage`: git refuses, no such ref, no such scope, no default branch, no git; `wrong-state`:
 *   there is nothing to review
 */
export async function resolveReviewTarget(where: GitPlace, choice: ReviewChoice = {}): Promise<ReviewTarget> {
  const scope = checkedScope(choice.scope ?? 'auto');
  const git = await gitAt(where);
  await git.tell('rev-parse', '--show-toplevel');
  if (choice.base !== undefined) {
    await requireCommit(git, choice.base, where.cwd);
    return againstBranch(await ahead(git, choice.base), true);
  }
  if (scope === 'branch') return againstBranch(await ahead(git, await defaultBranch(git)), true);
  if (await hasChanges(git)) return workingTree(scope === 'working-tree');
  if (scope === 'working-tree' || !(await hasCommits(git)))
    throw nothing('the working tree is clean', '--base REF reviews the commits since REF');
  return againstBranch(await ahead(git, await defaultBranch(git)), false);
}

/**
 * The ref, if there is anything that it has not. Uncommitted changes count: Codex's own reviewer looks at them too. Without
 * a common ancestor git cannot say, and the reviewer has to.
 */
async function ahead(git: Git, ref: string): Promise<string> {
  const same = await git.tellIfAny('diff', ...NO_DRIVERS, '--quiet', `${ref}...HEAD`, '--');
  if (same === undefined || (await hasChanges(git))) return ref;
  throw nothing(
    `the working tree is clean, and HEAD has nothing that ${ref} has not`,
    '--base REF reviews the commits since an older REF',
  );
}

function nothing(why: string, hint: string): CompanionError {
  return new CompanionError('wrong-state', `There is nothing to review: ${why}. Codex was not asked.`, {
    hint,
  });
}

function workingTree(explicit: boolean): ReviewTarget {
  return { mode: 'working-tree', label: 'working tree diff', explicit };
}

function againstBranch(baseRef: string, explicit: boolean): ReviewTarget {
  return { mode: 'branch', label: `branch diff against ${baseRef}`, baseRef, explicit };
}

function checkedScope(scope: string): ReviewScope {
  const found = SCOPES.find((known) => known === scope);
  if (found) return found;
  throw new CompanionError('usage', `No review scope ${echo(scope)}.`, {
    hint: `--scope ${SCOPES.join('|')}, or --base REF`,
  });
}

async function requireCommit(git: Git, ref: string, cwd: string): Promise<void> {
  const commit = await git.tellIfAny(
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  );
  if (commit !== undefined) return;
  throw new CompanionError('usage', `No commit ${echo(ref)} in the repository at ${cwd}.`, {
    hint: 'git branch --all',
  });
}

async function hasChanges(git: Git): Promise<boolean> {
  // The flag, because the user's status.showUntrackedFiles may hide new files from status but not from the review.
  const options = ['--porcelain', '--untracked-files=normal', '--ignore-submodules=dirty'];
  return (await git.tell('status', ...options)) !== '';
}

/** False on a branch that is yet to be born. */
async function hasCommits(git: Git): Promise<boolean> {
  return (await git.tellIfAny('rev-parse', '--verify', '--quiet', 'HEAD')) !== undefined;
}

/** What origin/HEAD names, else the first of the usual names, here or at origin. */
async function defaultBranch(git: Git): Promise<string> {
  const originHead = await git.tellIfAny('symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD');
  const prefix = 'refs/remotes/origin/';
  if (originHead?.startsWith(prefix)) {
    const name = originHead.slice(prefix.length);
    return (await hasBranch(git, name)) ? name : `origin/${name}`;
  }
  for (const name of ['main', 'master', 'trunk'])
    for (const branch of [name, `origin/${name}`]) if (await hasBranch(git, branch)) return branch;
  const none = (await hasCommits(git)) ? 'shows no default branch' : 'has no commit yet, so no branch';
  throw new CompanionError('usage', `This repository ${none} to compare with.`, {
    hint: '--base REF, or --scope working-tree',
  });
}

async function hasBranch(git: Git, branch: string): Promise<boolean> {
  const ref = branch.startsWith('origin/') ? `refs/remotes/${branch}` : `refs/heads/${branch}`;
  return (await git.tellIfAny('show-ref', '--verify', '--quiet', ref)) !== undefined;
}

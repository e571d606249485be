import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CompanionError } from '../../domain/base/errors.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import type { Environment } from '../../process/environment.ts';

const SCOPES = ['auto', 'working-tree', 'branch'] as const;
export type ReviewScope = (typeof SCOPES)[number];

export interface ReviewChoice {
  /** a commit, branch or tag to compare with; decides alone */
  base?: string | undefined;
  /** `auto` (the default): the working tree where it has changes, else the branch */
  scope?: string | undefined;
}

/** Where git is asked, and with which environment. */
interface Asked {
  cwd: string;
  environment: Environment;
}

/**
 * What a review looks at, as openai/codex-plugin-cc 1.0.5 chooses it; besides, an unknown ref is told here and not by
 * the reviewer, which would look for it by itself.
 * @throws CompanionError `usage`: not in a repository, no such ref, no such scope, no default branch, no git
 */
export async function resolveReviewTarget(where: Asked, choice: ReviewChoice = {}): Promise<ReviewTarget> {
  const scope = checkedScope(choice.scope ?? 'auto');
  await requireRepository(where);
  if (choice.base !== undefined) {
    await requireCommit(where, choice.base);
    return againstBranch(choice.base, true);
  }
  if (scope === 'branch') return againstBranch(await defaultBranch(where), true);
  if (scope === 'working-tree' || (await hasChanges(where))) return workingTree(scope === 'working-tree');
  return againstBranch(await defaultBranch(where), false);
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
  throw new CompanionError('usage', `No review scope "${scope}".`, {
    hint: `--scope ${SCOPES.join('|')}, or --base REF`,
  });
}

async function requireRepository(where: Asked): Promise<void> {
  const inside = await git(where, 'rev-parse', '--show-toplevel');
  if (inside !== undefined) return;
  throw new CompanionError(
    'usage',
    `${where.cwd} is not in the working tree of a Git repository; a review needs one.`,
    {
      hint: 'git init, or --cwd DIR',
    },
  );
}

async function requireCommit(where: Asked, ref: string): Promise<void> {
  const commit = await git(where, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
  if (commit !== undefined) return;
  throw new CompanionError('usage', `No commit "${ref}" in the repository at ${where.cwd}.`, {
    hint: 'git branch --all',
  });
}

async function hasChanges(where: Asked): Promise<boolean> {
  // The flag, because the user's status.showUntrackedFiles may hide new files from status but not from the review.
  return (await git(where, 'status', '--porcelain', '--untracked-files=normal')) !== '';
}

/** What origin/HEAD names, else the first of the usual names, here or at origin. */
async function defaultBranch(where: Asked): Promise<string> {
  const originHead = await git(where, 'symbolic-ref', '--quiet', 'refs/remotes/origin/HEAD');
  const prefix = 'refs/remotes/origin/';
  if (originHead?.startsWith(prefix)) {
    const name = originHead.slice(prefix.length);
    return (await hasBranch(where, name)) ? name : `origin/${name}`;
  }
  for (const name of ['main', 'master', 'trunk'])
    for (const branch of [name, `origin/${name}`]) if (await hasBranch(where, branch)) return branch;
  throw new CompanionError('usage', 'This repository shows no default branch to compare with.', {
    hint: '--base REF, or --scope working-tree',
  });
}

async function hasBranch(where: Asked, branch: string): Promise<boolean> {
  const ref = branch.startsWith('origin/') ? `refs/remotes/${branch}` : `refs/heads/${branch}`;
  return (await git(where, 'show-ref', '--verify', '--quiet', ref)) !== undefined;
}

/** stdout of a git command, or undefined where it exited with another status than 0. */
function git({ cwd, environment }: Asked, ...args: string[]): Promise<string | undefined> {
  // GIT_OPTIONAL_LOCKS: a look must not get in the way of the user's own git.
  const options = {
    cwd,
    env: { ...environment, GIT_OPTIONAL_LOCKS: '0' },
    maxBuffer: 64 * 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    execFile('git', args, options, (error, stdout) => {
      if (!error) resolve(stdout.replace(/\n$/, ''));
      else if (typeof error.code === 'number') resolve(undefined);
      else reject(cannotRun(cwd, error));
    });
  });
}

function cannotRun(cwd: string, cause: Error): CompanionError {
  const problem = existsSync(cwd) ? `git cannot be run: ${cause.message}` : `There is no directory ${cwd}.`;
  return new CompanionError('usage', problem, { hint: 'Install git, or pass --cwd DIR', cause });
}

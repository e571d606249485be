import { execFile } from 'node:child_process';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import type { Environment } from '../../process/environment.ts';

/** What a review was about, for whoever reads its result later. */
export interface ReviewContext {
  repoRoot: string;
  branch: string;
  /** a few lines: the files and how much of them changed */
  summary: string;
}

const LIST_LIMIT = 4_000;
const GIT_LIMIT_MS = 30_000;

export async function reviewContext(
  cwd: string,
  target: ReviewTarget,
  environment: Environment,
): Promise<ReviewContext> {
  const git = gitIn(cwd, environment);
  const range = target.mode === 'branch' && target.baseRef ? `${target.baseRef}...HEAD` : 'HEAD';
  const [repoRoot, branch, stat, untracked] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('rev-parse', '--abbrev-ref', 'HEAD'),
    // No external diff and no textconv: a repository's configuration names programs for both.
    git('diff', '--no-ext-diff', '--no-textconv', '--stat', range, '--'),
    target.mode === 'branch' ? '' : git('ls-files', '--others', '--exclude-standard'),
  ]);
  const lists = [stat, untracked && `Untracked:\n${untracked}`].filter(Boolean).join('\n');
  const cut = lists.length > LIST_LIMIT ? `${lists.slice(0, LIST_LIMIT)}\n…` : lists;
  return { repoRoot: repoRoot || cwd, branch, summary: `${target.label}\n${cut}`.trim() };
}

/** stdout, or "" where git fails: the reviewer looks for itself, this only tells people what it was about. */
function gitIn(cwd: string, environment: Environment): (...args: string[]) => Promise<string> {
  const env = { ...environment, GIT_OPTIONAL_LOCKS: '0' };
  const options = { cwd, env, timeout: GIT_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  return (...args) =>
    new Promise((resolve) => {
      execFile('git', ['-c', 'core.fsmonitor=false', ...args], options, (error, stdout) =>
        resolve(error ? '' : stdout.trim()),
      );
    });
}

import { CompanionError } from '../../domain/base/errors.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import { type GitPlace, gitAt, NO_DRIVERS } from '../../process/program/git.ts';

/** What a review was about, for whoever reads its result later. */
export interface ReviewContext {
  repoRoot: string;
  branch: string;
  /** a few lines: the files and how much of them changed */
  summary: string;
}

const LIST_LIMIT = 4_000;

/** What git tells of it; nothing where it does not: the reviewer looks for itself, this only tells people. */
export async function reviewContext(where: GitPlace, target: ReviewTarget): Promise<ReviewContext> {
  const range = target.mode === 'branch' && target.baseRef ? `${target.baseRef}...HEAD` : 'HEAD';
  const git = await teller(where);
  const [repoRoot, branch, stat, untracked] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('rev-parse', '--abbrev-ref', 'HEAD'),
    git('diff', ...NO_DRIVERS, '--stat', range, '--'),
    target.mode === 'branch' ? '' : git('ls-files', '--others', '--exclude-standard'),
  ]);
  const lists = [stat, untracked && `Untracked:\n${untracked}`].filter(Boolean).join('\n');
  const cut = lists.length > LIST_LIMIT ? `${lists.slice(0, LIST_LIMIT)}\n…` : lists;
  return { repoRoot: repoRoot || where.cwd, branch, summary: `${target.label}\n${cut}`.trim() };
}

async function teller(where: GitPlace): Promise<(...args: string[]) => Promise<string>> {
  try {
    const git = await gitAt(where);
    return async (...args) => ((await git.tellIfAny(...args)) ?? '').trim();
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return async () => ''; // no git any more, or no directory
  }
}

import { CompanionError } from '../../domain/base/errors.ts';
import type { ReviewTarget } from '../../domain/job/specs.ts';
import { type GitPlace, gitAt, NO_DRIVERS } from '../../process/program/git.ts';

/** What a review was about, for whoever reads its result later. */
export interface ReviewContext {
  repoRoot: string;
  /** `HEAD` where none is checked out */
  branch: string;
  /** a few lines: the files and how much of them changed */
  summary: string;
}

const LIST_LIMIT = 4_000;

/** What git tells of it; nothing where it does not: the reviewer looks for itself, this only tells people. */
export async function reviewContext(where: GitPlace, target: ReviewTarget): Promise<ReviewContext> {
  const git = await teller(where);
  const range = target.mode === 'branch' && target.baseRef ? `${target.baseRef}...HEAD` : await before(git);
  const [repoRoot, branch, stat, untracked] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git('diff', ...NO_DRIVERS, '--stat', range, '--'),
    target.mode === 'branch' ? '' : git('ls-files', '--others', '--exclude-standard'),
  ]);
  const lists = [stat, untracked && `Untracked:\n${untracked}`].filter(Boolean).join('\n');
  const cut = lists.length > LIST_LIMIT ? `${lists.slice(0, LIST_LIMIT)}\n…` : lists;
  return {
    repoRoot: repoRoot || where.cwd,
    branch: branch || 'HEAD',
    summary: `${target.label}\n${cut}`.trim(),
  };
}

/** What uncommitted changes are compared with: the empty tree, by its name in this repository, where no commit is yet. */
async function before(git: Teller): Promise<string> {
  const head = await git('rev-parse', '--verify', '--quiet', 'HEAD');
  return head === '' ? git('hash-object', '-t', 'tree', '/dev/null') : 'HEAD';
}

type Teller = (...args: string[]) => Promise<string>;

async function teller(where: GitPlace): Promise<Teller> {
  try {
    const git = await gitAt(where);
    return async (...args) => ((await git.tellIfAny(...args)) ?? '').trim();
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return async () => ''; // no git any more, or no directory
  }
}

import { durationOf } from '../../domain/job/outcome-text.ts';
import type { IndexedJob } from '../../domain/workspace/workspace-state.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { readHistory } from '../../state/workspace/history.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';

/** The latest five or six hundred jobs that ended: read in a few milliseconds, however many there were. */
const LOOKS_BACK_BYTES = 256 * 1024;

/** By so many runs it is told how long a command usually takes: older ones may have been of another program. */
const RUNS = 5;
const FEWEST_RUNS = 2;

/** How long a command usually takes. */
export interface Usual {
  /** the median */
  milliseconds: number;
  /** of so many */
  runs: number;
}

/** The latest jobs that have ended in a workspace, the newest first; whether or not they are still kept. */
export function latestEnded(layout: WorkspaceLayout): IndexedJob[] {
  return (
    orPassOver(layout.directory, () => readHistory(layout, LOOKS_BACK_BYTES), saysNothing) ?? []
  ).reverse();
}

type SameAs = Pick<IndexedJob, 'id' | 'kind' | 'summary' | 'cwd'>;

/** Those of the same command in the same directory. */
export function formerRuns(job: SameAs, ended: readonly IndexedJob[]): IndexedJob[] {
  const { id, kind, summary, cwd } = job;
  return ended.filter(
    (one) => one.id !== id && one.kind === kind && one.summary === summary && one.cwd === cwd,
  );
}

/** By the latest of those that completed; null where there are too few to tell. */
export function usualTime(job: SameAs, ended: readonly IndexedJob[]): Usual | null {
  const times = formerRuns(job, ended)
    .flatMap(({ finished }) => (finished?.ending === 'completed' ? [durationOf(finished)] : []))
    .filter((time) => time !== null)
    .slice(0, RUNS)
    .sort((a, b) => a - b);
  if (times.length < FEWEST_RUNS) return null;
  const [low, high] = [times[Math.floor((times.length - 1) / 2)], times[Math.ceil((times.length - 1) / 2)]];
  return { milliseconds: ((low ?? 0) + (high ?? 0)) / 2, runs: times.length };
}

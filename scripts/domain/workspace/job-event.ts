import type { HostName } from '../base/hosts.ts';
import type { JobOutcome } from '../job/evidence.ts';
import type { Timestamp } from '../job/job.ts';
import type { JobKind } from '../job/specs.ts';
import type { Way } from '../notice/notice.ts';

/**
 * What happened to one job, as a line for programs (docs/events.md). `at` is when it happened; the number that a line
 * gets says in which order it was recorded.
 */
export type JobEvent = { at: Timestamp; jobId: string } & (
  | {
      type: 'queued';
      kind: JobKind;
      title: string;
      summary: string;
      background: boolean;
      cwd: string;
      host: HostName | null;
      sessionId: string | null;
    }
  | { type: 'started' }
  /** `cursor`: bytes of progress.jsonl up to and with this phase */
  | { type: 'phase'; phase: string; message: string; cursor: number }
  /** `cursor`: bytes of output so far, as `logs --since` takes them */
  | { type: 'output'; cursor: number; shrunk?: boolean }
  | { type: 'stalled'; silentSince: Timestamp }
  | {
      type: 'ended';
      kind: JobKind;
      title: string;
      sessionId: string | null;
      status: JobOutcome['ending'];
      outcome: JobOutcome;
    }
  /** `number`: which telling of this job's notice it was, from 1 */
  | { type: 'notice-told'; number: number; sessionId: string; way: Way; mayRepeat: boolean }
);

/** What followers have been told already of what only an observer sees; kept in the job's index entry. */
export interface Told {
  started: boolean;
  /** bytes of progress.jsonl */
  progress: number;
  /** bytes of output.log */
  output: number;
  /** its present silence */
  stalled: boolean;
  /** how many tellings of its notice */
  notices: number;
}

export const NOTHING_TOLD: Told = { started: false, progress: 0, output: 0, stalled: false, notices: 0 };

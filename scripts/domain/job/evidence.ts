import type { Liveness, ProcessIdentity } from '../base/identity.ts';
import type { JobRequest, StopRequest, Timestamp } from './job.ts';
import type { Limit, LimitOfEnding } from './limits.ts';

interface OutcomeBase {
  /** null where it never started */
  startedAt: Timestamp | null;
  /** where it was only noticed: when that was, which is no time of its end */
  finishedAt: Timestamp;
  /** nobody saw its end: it lies between its last sign of life and the look that found it gone */
  noticed?: { after: Timestamp; by: Timestamp };
  /** one sentence for people */
  reason: string;
  /** exit status as the shell tells it: 128 + n for signal n */
  exitCode: number | null;
  /** the signal that ended it, or, unless `signalIsCertain`, that `exitCode` may stand for: it may be `exit 128+n` */
  signal: string | null;
  signalIsCertain?: boolean;
  /** how many processes of its control group the kernel killed for lack of memory while it ran; only where it failed */
  oomKills?: number;
  /** processes of the job that were still alive when its outcome was decided */
  stillRunning: number;
  /** what the command had left running and the job waited for, or stopped: at most so many at a time, and their fate */
  leftovers?: { count: number; fate: 'ended' | 'stopped' };
}

/** The one ending of a job. `lost` says what is known, never more. */
export type JobOutcome =
  | (OutcomeBase & { ending: 'completed' })
  | (OutcomeBase & { ending: 'failed'; limit?: LimitOfEnding<'failed'> })
  | (OutcomeBase & { ending: 'cancelled'; by: string })
  | (OutcomeBase & { ending: 'timed-out'; limit: LimitOfEnding<'timed-out'> })
  | (OutcomeBase & { ending: 'lost' });

/** What the worker left as its last word. The file `exit`. */
export type ExitRecord =
  | {
      kind: 'status';
      status: number;
      /** what ended it: `TERM`, or `none` for an exit with that status; missing where the shell could not tell */
      signal?: string;
      limit?: Limit;
      oomKills?: number;
      at: Timestamp;
    }
  | { kind: 'not-started'; error: string; message: string; at: Timestamp }
  | {
      kind: 'turn';
      /** how the Codex turn ended; `timed-out` carries the limit */
      turn: 'completed' | 'failed' | 'interrupted' | 'timed-out';
      reason: string;
      limit?: Limit;
      at: Timestamp;
    };

/** The right to decide a job's fate while it is queued: taken once, by a worker, a canceller, or a sweep. */
export type Claim =
  | { kind: 'worker'; worker: ProcessIdentity; at: Timestamp }
  | { kind: 'cancelled'; stop: StopRequest; at: Timestamp }
  | { kind: 'abandoned'; reason: string; at: Timestamp };

/** All that was seen of one job at one moment. */
export interface Evidence {
  request: JobRequest;
  claim: Claim | null;
  stop: StopRequest | null;
  /** somebody who stops it has signalled it before its end was recorded: without that, the request came too late */
  signalled: boolean;
  exit: ExitRecord | null;
  outcome: JobOutcome | null;
  /** of the claiming worker; `none` without a worker's claim */
  worker: Liveness | 'none';
  /** how many processes carry the job's cookie, the worker apart; asked for only when it decides something */
  remaining: number;
  /** how many were found after the command's end, where the job is to see to them; 0 for none, or not looked yet */
  leftBehind: number;
  now: Timestamp;
  /** when its output or progress last grew; null where there is none, or nobody has looked */
  lastSign?: Timestamp | null;
}

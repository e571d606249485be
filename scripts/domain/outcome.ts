import { describeStatus, oomKillsOf, signalOf } from './exit-status.ts';
import type { Liveness, ProcessIdentity } from './identity.ts';
import type { JobRequest, StopRequest, Timestamp } from './job.ts';

interface OutcomeBase {
  /** null where it never started */
  startedAt: Timestamp | null;
  finishedAt: Timestamp;
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
}

/** The one ending of a job. `lost` says what is known, never more. */
export type JobOutcome =
  | (OutcomeBase & { ending: 'completed' })
  | (OutcomeBase & { ending: 'failed' })
  | (OutcomeBase & { ending: 'cancelled'; by: string })
  | (OutcomeBase & { ending: 'timed-out'; limit: 'deadline' | 'stall' })
  | (OutcomeBase & { ending: 'lost' });

/** What the worker left as its last word. The file `exit`. */
export type ExitRecord =
  | {
      kind: 'status';
      status: number;
      /** what ended it: `TERM`, or `none` for an exit with that status; missing where the shell could not tell */
      signal?: string;
      limit?: 'deadline' | 'stall';
      oomKills?: number;
      at: Timestamp;
    }
  | { kind: 'not-started'; error: string; message: string; at: Timestamp }
  | {
      kind: 'turn';
      /** how the Codex turn ended; `timed-out` carries the limit */
      turn: 'completed' | 'failed' | 'interrupted' | 'timed-out';
      reason: string;
      limit?: 'deadline' | 'stall';
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
  exit: ExitRecord | null;
  outcome: JobOutcome | null;
  /** of the claiming worker; `none` without a worker's claim */
  worker: Liveness | 'none';
  /** how many processes carry the job's cookie, the worker apart; asked for only when it decides something */
  remaining: number;
  now: Timestamp;
}

/**
 * The one decision about how a job ended; undefined while it has not, or while nobody can know yet.
 * The first committed answer wins for ever (state/job-directory.ts, `commitOutcome`).
 */
export function decideOutcome(evidence: Evidence): JobOutcome | undefined {
  const { claim, exit, stop } = evidence;
  if (evidence.outcome) return evidence.outcome;
  if (!claim) return undefined;
  if (claim.kind === 'cancelled')
    return { ...ending(evidence, claim.at), ...cancelled(claim.stop, 'before it started') };
  if (claim.kind === 'abandoned')
    return { ...ending(evidence, claim.at), ending: 'failed', reason: claim.reason };
  if (exit) return isBeingStopped(evidence) ? undefined : fromExit(evidence, exit);
  if (evidence.worker !== 'dead') return undefined;
  // A shell command whose wrapper was killed is followed to its true end.
  if (evidence.request.kind === 'run' && evidence.remaining > 0) return undefined;
  if (stop)
    return {
      ...ending(evidence, evidence.now),
      ...cancelledOrLimit(stop, 'it ended without an exit record'),
    };
  const reason =
    evidence.request.kind === 'run'
      ? 'Ended, exit status unknown: its wrapper was killed before it could record one.'
      : 'The worker ended without recording how; the exit status is unknown.';
  return { ...ending(evidence, evidence.now), ending: 'lost', reason };
}

/** A command whose end was asked for has ended when all of it has: the stop may be killed halfway, and is taken up again. */
export function isBeingStopped({ request, stop, exit, remaining }: Evidence): boolean {
  return stop !== null && request.kind === 'run' && exit?.kind === 'status' && remaining > 0;
}

function fromExit(evidence: Evidence, exit: ExitRecord): JobOutcome {
  const base = ending(evidence, exit.at);
  const { stop } = evidence;
  switch (exit.kind) {
    case 'not-started':
      if (stop) return { ...base, startedAt: null, ...cancelledOrLimit(stop, 'before its command began') };
      return { ...base, startedAt: null, ending: 'failed', reason: exit.message };
    case 'status': {
      const how = describeStatus(exit);
      const told = { ...base, exitCode: exit.status, ...signalOf(exit), ...oomKillsOf(exit) };
      if (exit.limit)
        return { ...told, ending: 'timed-out', limit: exit.limit, reason: limitReason(evidence, exit.limit) };
      if (stop) return { ...told, ...cancelledOrLimit(stop, how) };
      return { ...told, ending: exit.status === 0 ? 'completed' : 'failed', reason: how };
    }
    case 'turn':
      if (exit.turn === 'completed') return { ...base, ending: 'completed', reason: exit.reason };
      if (exit.turn === 'timed-out')
        return { ...base, ending: 'timed-out', limit: exit.limit ?? 'deadline', reason: exit.reason };
      if (exit.turn === 'interrupted' && stop)
        return { ...base, ...cancelledOrLimit(stop, 'the turn was interrupted') };
      return { ...base, ending: 'failed', reason: exit.reason };
  }
}

function ending(evidence: Evidence, at: Timestamp) {
  return {
    startedAt: evidence.claim?.kind === 'worker' ? evidence.claim.at : null,
    finishedAt: at,
    exitCode: null,
    signal: null,
    stillRunning: evidence.remaining,
  };
}

function cancelled(stop: StopRequest, how: string) {
  return { ending: 'cancelled' as const, by: stop.by, reason: `Cancelled by ${stop.by}; ${how}.` };
}

function cancelledOrLimit(stop: StopRequest, how: string) {
  if (stop.kind === 'limit') {
    const limit = stop.limit ?? 'deadline';
    return { ending: 'timed-out' as const, limit, reason: `Stopped at its ${limit} limit; ${how}.` };
  }
  return cancelled(stop, how);
}

function limitReason(evidence: Evidence, limit: 'deadline' | 'stall'): string {
  const { deadlineSeconds, stallSeconds } = evidence.request.limits;
  return limit === 'deadline'
    ? `Stopped at its deadline of ${deadlineSeconds} s.`
    : `Stopped after ${stallSeconds} s without output.`;
}

/** Three words for tables: `completed`, `failed (exit 3)`, `lost`, … */
export function briefOutcome(outcome: JobOutcome): string {
  if (outcome.ending === 'timed-out') return `timed out (${outcome.limit})`;
  if (outcome.ending === 'failed' && outcome.signalIsCertain) return `failed (${outcome.signal})`;
  if (outcome.ending === 'failed' && outcome.exitCode !== null) return `failed (exit ${outcome.exitCode})`;
  return outcome.ending;
}

import { formatBytes } from '../base/bytes.ts';
import type { Liveness, ProcessIdentity } from '../base/identity.ts';
import { describeStatus, oomKillsOf, signalOf } from './exit-status.ts';
import { type JobRequest, type Limit, leftoversOf, type StopRequest, type Timestamp } from './job.ts';

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
  /** what the command had left running and the job waited for, or stopped: at most so many at a time, and their fate */
  leftovers?: { count: number; fate: 'ended' | 'stopped' };
}

/** The one ending of a job. `lost` says what is known, never more. */
export type JobOutcome =
  | (OutcomeBase & { ending: 'completed' })
  | (OutcomeBase & { ending: 'failed'; limit?: 'output' })
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
  /** how many were found after the command's end, where the job is to see to them; 0 for none, or not looked yet */
  leftBehind: number;
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
  if (exit)
    return isBeingStopped(evidence) || seesToLeftovers(evidence) ? undefined : fromExit(evidence, exit);
  if (evidence.worker !== 'dead') return undefined;
  // A shell command whose wrapper was killed is followed to its true end.
  if (evidence.request.kind === 'run' && evidence.remaining > 0) return undefined;
  if (stop)
    return {
      ...ending(evidence, evidence.now),
      ...cancelledOrLimit(evidence, stop, 'it ended without an exit record'),
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

/** The command has ended, and not yet what it has left running, which the job is to wait for or to stop. */
export function seesToLeftovers({ request, exit, remaining }: Evidence): boolean {
  return exit?.kind === 'status' && remaining > 0 && leftoversOf(request) !== 'leave';
}

function fromExit(evidence: Evidence, exit: ExitRecord): JobOutcome {
  const base = ending(evidence, exit.at);
  const { stop } = evidence;
  switch (exit.kind) {
    case 'not-started':
      if (stop)
        return { ...base, startedAt: null, ...cancelledOrLimit(evidence, stop, 'before its command began') };
      return { ...base, startedAt: null, ending: 'failed', reason: exit.message };
    case 'status': {
      const how = describeStatus(exit);
      const told = {
        ...base,
        finishedAt: evidence.leftBehind > 0 ? evidence.now : exit.at,
        exitCode: exit.status,
        ...signalOf(exit),
        ...oomKillsOf(exit),
      };
      if (exit.limit) return { ...told, ...limited(evidence, exit.limit, how) };
      if (stop) return { ...told, ...cancelledOrLimit(evidence, stop, how) };
      const ending = exit.status === 0 ? 'completed' : 'failed';
      return { ...told, ...leftoversIn(evidence), ending, reason: `${how}${aboutLeftovers(evidence)}` };
    }
    case 'turn':
      if (exit.turn === 'completed') return { ...base, ending: 'completed', reason: exit.reason };
      if (exit.turn === 'timed-out')
        return { ...base, ending: 'timed-out', limit: exit.limit ?? 'deadline', reason: exit.reason };
      if (exit.turn === 'interrupted' && stop)
        return { ...base, ...cancelledOrLimit(evidence, stop, 'the turn was interrupted') };
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

function cancelledOrLimit(evidence: Evidence, stop: StopRequest, how: string) {
  return stop.kind === 'limit' ? limited(evidence, stop.limit ?? 'deadline', how) : cancelled(stop, how);
}

/** Too much output is no matter of time: it failed. */
function limited(evidence: Evidence, limit: Limit, how: string) {
  const reason = `${limitReason(evidence, limit)}; ${how}.`;
  return limit === 'output'
    ? { ending: 'failed' as const, limit, reason }
    : { ending: 'timed-out' as const, limit, reason };
}

function limitReason({ request }: Evidence, limit: Limit): string {
  const { deadlineSeconds, stallSeconds } = request.limits;
  switch (limit) {
    case 'deadline':
      return `Stopped at its deadline of ${deadlineSeconds} s`;
    case 'stall':
      return `Stopped after ${stallSeconds} s without output`;
    case 'output':
      return `Stopped at its output limit${request.kind === 'run' && request.spec.outputLimit ? ` of ${formatBytes(request.spec.outputLimit)}` : ''}`;
  }
}

function leftoversIn({ request, leftBehind: count }: Evidence): Pick<JobOutcome, 'leftovers'> {
  const mode = leftoversOf(request);
  if (count === 0 || mode === 'leave') return {};
  return { leftovers: { count, fate: mode === 'stop' ? 'stopped' : 'ended' } };
}

function aboutLeftovers(evidence: Evidence): string {
  const { leftovers } = leftoversIn(evidence);
  if (leftovers) {
    const { count, fate } = leftovers;
    const verb =
      fate === 'stopped'
        ? count === 1
          ? 'was stopped'
          : 'were stopped'
        : count === 1
          ? 'has ended, too'
          : 'have ended, too';
    return `; ${processes(count)} that it had left running ${verb}`;
  }
  return evidence.remaining > 0 ? `, ${processes(evidence.remaining)} still running` : '';
}

function processes(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

/** A few words, for tables: `failed (exit 3)`, `lost`; `completed after 12s, 2 processes still running` */
export function briefOutcome(outcome: JobOutcome, duration?: string | null): string {
  const { stillRunning } = outcome;
  const after = duration ? ` after ${duration}` : '';
  return `${briefEnding(outcome)}${after}${stillRunning > 0 ? `, ${processes(stillRunning)} still running` : ''}`;
}

function briefEnding(outcome: JobOutcome): string {
  if (outcome.ending === 'timed-out') return `timed out (${outcome.limit})`;
  if (outcome.ending !== 'failed') return outcome.ending;
  if (outcome.limit) return `failed (${outcome.limit} limit)`;
  if (outcome.signalIsCertain) return `failed (${outcome.signal})`;
  return outcome.exitCode === null ? 'failed' : `failed (exit ${outcome.exitCode})`;
}

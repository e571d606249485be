import type { Evidence, ExitRecord, JobOutcome } from './evidence.ts';
import { describeStatus, oomKillsOf, signalOf } from './exit-status.ts';
import type { StopRequest, Timestamp } from './job.ts';
import { KINDS, leftoversOf } from './kinds.ts';
import { amountOf, endingBy, type Limit, limitReason } from './limits.ts';
import { processes, sayNoticed } from './outcome-text.ts';

/**
 * The one decision about how a job ended; undefined while it has not, or while nobody can know yet.
 * The first committed answer wins for ever (state/job/job-directory.ts, `commitOutcome`).
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
  const { orphans, lostReason } = KINDS[evidence.request.kind];
  // A shell command whose wrapper was killed is followed to its true end.
  if (orphans === 'followed' && evidence.remaining > 0) return undefined;
  if (stop)
    return {
      ...unseenEnding(evidence, claim.at),
      ...cancelledOrLimit(evidence, stop, 'it ended without an exit record'),
    };
  const unseen = unseenEnding(evidence, claim.at);
  return { ...unseen, ending: 'lost', reason: `${lostReason} ${sayNoticed(unseen.noticed)}` };
}

/** A command whose end was asked for has ended when all of it has: the stop may be killed halfway, and is taken up again. */
export function isBeingStopped({ stop, exit, remaining }: Evidence): boolean {
  return stop !== null && exit?.kind === 'status' && remaining > 0;
}

/** The command has ended, and not yet what it has left running, which the job is to wait for or to stop. */
export function seesToLeftovers({ request, exit, remaining }: Evidence): boolean {
  return exit?.kind === 'status' && remaining > 0 && leftoversOf(request) !== 'leave';
}

/** The statuses that every shell has for them (POSIX, 2.8.2). */
const SHELLS_SAY: Record<string, number> = { 'not-found': 127, 'not-executable': 126 };

function fromExit(evidence: Evidence, exit: ExitRecord): JobOutcome {
  const base = ending(evidence, exit.at);
  const stop = carriedOut(evidence);
  switch (exit.kind) {
    case 'not-started':
      if (stop)
        return { ...base, startedAt: null, ...cancelledOrLimit(evidence, stop, 'before its command began') };
      return {
        ...{ ...base, startedAt: null, ending: 'failed', reason: exit.message },
        exitCode: SHELLS_SAY[exit.error] ?? null,
      };
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
        return { ...base, ...endingBy(exit.limit ?? 'deadline'), reason: exit.reason };
      if (exit.turn === 'interrupted' && evidence.stop)
        return { ...base, ...cancelledOrLimit(evidence, evidence.stop, 'the turn was interrupted') };
      return { ...base, ending: 'failed', reason: exit.reason };
  }
}

/** A command that ended by itself between the request and the first signal was not cancelled. A watchdog takes back what it was too late for. */
function carriedOut({ stop, signalled, leftBehind }: Evidence): StopRequest | null {
  // A job that waits for what its command has left is ended by its finish step, too, which signs nothing.
  return stop?.kind === 'limit' || signalled || leftBehind > 0 ? stop : null;
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

function unseenEnding(evidence: Evidence, claimedAt: Timestamp) {
  const { lastSign, now } = evidence;
  const after = lastSign && lastSign > claimedAt && lastSign < now ? lastSign : claimedAt;
  return { ...ending(evidence, now), noticed: { after, by: now } };
}

function cancelled(stop: StopRequest, how: string) {
  return { ending: 'cancelled' as const, by: stop.by, reason: `Cancelled by ${stop.by}; ${how}.` };
}

function cancelledOrLimit(evidence: Evidence, stop: StopRequest, how: string) {
  return stop.kind === 'limit' ? limited(evidence, stop.limit ?? 'deadline', how) : cancelled(stop, how);
}

function limited({ request }: Evidence, limit: Limit, how: string) {
  const reason = limitReason(limit, KINDS[request.kind].runner, amountOf(request, limit));
  return { ...endingBy(limit), reason: `${reason}; ${how}.` };
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

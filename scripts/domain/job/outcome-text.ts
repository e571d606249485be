import type { JobOutcome } from './evidence.ts';

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

/** A sentence. */
export function sayNoticed({ after, by }: NonNullable<JobOutcome['noticed']>): string {
  return `It ended between ${after} and ${by}, when that was noticed.`;
}

/** Milliseconds from its start to its end; null where either is not known. */
export function durationOf({ startedAt, finishedAt, noticed }: JobOutcome): number | null {
  if (startedAt === null || noticed) return null;
  return Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}

export function processes(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

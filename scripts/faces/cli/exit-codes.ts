import type { ErrorCode } from '../../domain/base/errors.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';

/** The exit status of every refusal and failure; docs and `--help` show the same table. */
export const EXIT_OF_ERROR: Record<ErrorCode, number> = {
  usage: 2,
  'program-missing': 127,
  'unknown-job': 3,
  'ambiguous-job': 3,
  'wrong-state': 3,
  'events-gone': 3,
  'codex-missing': 4,
  'codex-unsupported': 4,
  'codex-failed': 4,
  'broker-unreachable': 4,
  'state-locked': 5,
  'state-unreadable': 5,
  'state-not-writable': 5,
  'state-newer': 5,
  'foreign-owner': 5,
  sandboxed: 5,
  'unsupported-platform': 5,
  'cancel-incomplete': 6,
};

export const EXIT_DONE = 0;
export const EXIT_JOB_NOT_COMPLETED = 1;
export const EXIT_BUG = 70;
export const EXIT_TIMED_OUT = 124;
/** What a shell shows for a program that a closed pipe ended. */
export const EXIT_OUTPUT_CLOSED = 141;

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
export type WaiterSignal = keyof typeof SIGNAL_NUMBERS;
export const WAITER_SIGNALS = Object.keys(SIGNAL_NUMBERS) as WaiterSignal[];

export function exitOfSignal(signal: WaiterSignal): number {
  return 128 + SIGNAL_NUMBERS[signal];
}

/** By the table: 0 for a job that completed, 1 for every other ending. */
export function exitOfOutcome(outcome: JobOutcome): number {
  return outcome.ending === 'completed' ? EXIT_DONE : EXIT_JOB_NOT_COMPLETED;
}

/** A shell command's own status, where it is known and tells of no success that the outcome denies. */
export function exitOfCommand(outcome: JobOutcome): number {
  if (outcome.ending === 'completed') return outcome.exitCode ?? EXIT_DONE;
  return outcome.exitCode || EXIT_JOB_NOT_COMPLETED;
}

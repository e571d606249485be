import { formatDuration } from '../../domain/base/duration.ts';
import { type Limit, limitReason } from '../../domain/job/limits.ts';
import { resetOfUsage } from '../program/account.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { untilDue } from '../wire/deadlines.ts';
import { ConnectionLostError, RpcDeadlineError, RpcError } from '../wire/rpc.ts';
import type { TurnFollower } from './follow.ts';
import { ThreadBusyError } from './open-thread.ts';

/** Why a turn ended, as far as we followed it. */
export type Cause =
  | 'completed'
  /** the model or Codex failed: `error` says how */
  | 'turn-failed'
  /** Codex refused to open the thread or to start the turn */
  | 'refused'
  /** another turn runs on the thread to be resumed */
  | 'thread-busy'
  /** Codex is mute */
  | 'no-answer'
  | 'connection-lost'
  /** by `signal` */
  | 'cancelled'
  /** by somebody else */
  | 'interrupted'
  /** Codex waits for its usage limit to be reset, and says nothing any more */
  | 'usage-limit'
  | 'limit';

/** Why we stopped waiting. */
export interface Stop {
  cause: Cause | 'abandoned';
  reason: string;
  limit?: Limit;
}

export interface StopOptions {
  /** Cancels: the turn is interrupted. */
  signal?: AbortSignal;
  /**
   * Milliseconds without a sign of life while the model waits for no tool; 0 for none. Less than 5 minutes is short:
   * Codex is silent that long when the model polls a command in the background (`write_stdin`), or thinks hard.
   */
  stallMs?: number;
  /** Milliseconds of silence after Codex has told that it retries at a usage limit; 600,000. */
  usageLimitMs?: number;
  /** Milliseconds for the whole; 0 for none. */
  deadlineMs?: number;
}

/** What can end the run at any moment, whatever it waits for. */
export function firstStop(
  connection: CodexConnection,
  options: StopOptions,
  over: AbortSignal,
): Promise<Stop> {
  const lost = connection.closed.then((reason): Stop => ({ cause: 'connection-lost', reason }));
  const cancelled = aborted(options.signal, over).then(
    (): Stop => ({ cause: 'cancelled', reason: 'The turn was cancelled.' }),
  );
  return Promise.race([lost, cancelled, limitOf('deadline', options.deadlineMs ?? 0, over)]);
}

/** Resolves at the limit, counted from now; never for 0. A stall is one where nothing is heard meanwhile. */
export function limitOf(limit: 'deadline' | 'stall', ms: number, over: AbortSignal): Promise<Stop> {
  const due = performance.now() + ms;
  return ms <= 0
    ? new Promise(() => {})
    : untilDue(() => due - performance.now(), over).then(() => atLimit(limit, ms));
}

function atLimit(limit: 'deadline' | 'stall', ms: number): Stop {
  return { cause: 'limit', limit, reason: `${limitReason(limit, 'turn', ms / 1000)}.` };
}

/** `exec_command` gives up waiting for its command after this, whatever the model asks for (0.169, tried). */
const YIELDS_WITHIN_MS = 30_000;

/** Resolves when the turn gave no sign of life for `stallMs` while the model waited for no tool. */
export function stallOf(follower: TurnFollower, stallMs: number, over: AbortSignal): Promise<Stop> {
  if (stallMs <= 0) return new Promise(() => {});
  const remaining = () => {
    const { openTools } = follower.record;
    if (openTools.some(({ yields }) => !yields)) return stallMs;
    const waiting = openTools.length > 0 ? YIELDS_WITHIN_MS : 0;
    // No longer than the limit in one go: the tool may return meanwhile, and the end come nearer.
    return Math.min(stallMs, follower.lastSignOfLife + waiting + stallMs - performance.now());
  };
  return untilDue(remaining, over).then(() => atLimit('stall', stallMs));
}

const USAGE_LIMIT_MS = 600_000;
/** What the account's limits are asked for, of a server that may be waiting for the network itself. */
const RESET_MS = 5_000;

/** Resolves when Codex said that it retries at a usage limit, and then nothing for some time. */
export async function usageLimitOf(
  connection: CodexConnection,
  follower: TurnFollower,
  { usageLimitMs = USAGE_LIMIT_MS }: StopOptions,
  over: AbortSignal,
): Promise<Stop> {
  const remaining = () =>
    follower.record.usageLimit === null
      ? usageLimitMs / 10 // it may be told meanwhile
      : follower.lastSignOfLife + usageLimitMs - performance.now();
  await untilDue(remaining, over);
  const said = follower.record.usageLimit?.message ?? '';
  const reset = await resetOfUsage(connection, RESET_MS);
  const silent = formatDuration(usageLimitMs);
  const reason = `Codex is at its usage limit, and silent for ${silent} since it said: ${said.replace(/[^.!?]$/, '$&.')}`;
  return { cause: 'usage-limit', reason: reset === null ? reason : `${reason} It is reset at ${reset}.` };
}

/** Resolves when Codex ended the turn, or never will. */
export function endOf(follower: TurnFollower): Promise<Stop> {
  return Promise.race([
    follower.completed.then((): Stop => ({ cause: 'completed', reason: 'The turn completed.' })),
    follower.abandoned.then((reason): Stop => ({ cause: 'abandoned', reason })),
  ]);
}

function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

/** The step's value, or why it was not waited for any longer; it may take as long as Codex may be silent. */
export function orStop<T>(
  step: Promise<T>,
  stopped: Promise<Stop>,
  { stallMs = 0 }: StopOptions,
  over: AbortSignal,
): Promise<{ value: T } | { stop: Stop }> {
  const stalled = limitOf('stall', stallMs, over);
  const settled = step.then(
    (value) => ({ value }),
    (error: unknown) => ({ stop: stopOf(error) }),
  );
  return Promise.race([settled, Promise.race([stopped, stalled]).then((stop) => ({ stop }))]);
}

const NOT_ENDED_BY_CODEX: readonly Stop['cause'][] = [
  'cancelled',
  'limit',
  'usage-limit',
  'abandoned',
  'no-answer',
];

/** The turn was not ended by Codex, so it may go on without us. */
export function mayStillRun({ cause }: Stop): boolean {
  return NOT_ENDED_BY_CODEX.includes(cause);
}

function stopOf(error: unknown): Stop {
  if (error instanceof ThreadBusyError) return { cause: 'thread-busy', reason: error.message };
  if (error instanceof RpcDeadlineError) return { cause: 'no-answer', reason: error.message };
  if (error instanceof ConnectionLostError) return { cause: 'connection-lost', reason: error.message };
  if (error instanceof RpcError)
    return { cause: 'refused', reason: `Codex refused ${error.method}: ${error.message}` };
  throw error;
}

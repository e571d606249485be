import { setTimeout as delay } from 'node:timers/promises';

/** setTimeout fires at once for more than this (24.8 days). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves when `remainingMs()` has come down to 0; it is asked again after each pause, so the end may move away.
 * Never resolves once the signal is aborted.
 */
export async function untilDue(remainingMs: () => number, signal: AbortSignal): Promise<void> {
  try {
    for (let left = remainingMs(); left > 0; left = remainingMs())
      await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    await new Promise<never>(() => {});
  }
}

/** The promise's value, or undefined after `ms`; no timer is left behind. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const timer = new AbortController();
  const late = delay(Math.max(0, Math.min(ms, LONGEST_TIMER_MS)), undefined, { signal: timer.signal });
  try {
    return await Promise.race([promise, late.catch(() => undefined)]);
  } finally {
    timer.abort();
  }
}

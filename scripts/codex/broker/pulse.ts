import { setInterval } from 'node:timers/promises';
import { deferred } from '../../domain/base/deferred.ts';
import { activityOf } from '../../process/activity.ts';
import type { AppServer } from '../program/app-server.ts';

/** `asking`: an answer is awaited · `working`: a turn runs, which may be silent for minutes · `idle`: nothing is due */
export type Load = 'asking' | 'working' | 'idle';

export interface Pulse {
  /** To be called for everything that comes from the app-server. */
  sign(): void;
  /** Resolves with the reason when the app-server is mute. */
  readonly mute: Promise<string>;
  stop(): void;
}

const TICK_MS = 500;
/** So many ticks without a sign of life, and it is asked something that it answers within 5 ms, whatever it does. */
const ASK_AFTER: Record<Load, number> = { asking: 3, working: 20, idle: Number.POSITIVE_INFINITY };
/** So many more without an answer, and it is mute: 4.5 s in all while somebody waits for an answer. */
const GIVE_UP_AFTER = 6;

/**
 * Watches whether the app-server is alive in more than name. Silence counts by ticks of ours that came in time, and
 * only while none of its threads runs or waits for a disk, where the platform tells that: a busy or suspended machine
 * makes nobody mute.
 */
export function watchPulse(server: AppServer, load: () => Load): Pulse {
  const mute = deferred<string>();
  const stopped = new AbortController();
  let signed = false;
  let silent = 0;
  let askedAt: number | undefined;
  void tick();
  return { sign, mute: mute.promise, stop: () => stopped.abort() };

  function sign(): void {
    signed = true;
    silent = 0;
    askedAt = undefined;
  }

  async function tick(): Promise<void> {
    let last = performance.now();
    try {
      for await (const _ of setInterval(TICK_MS, undefined, { signal: stopped.signal, ref: false })) {
        const now = performance.now();
        // What came while we did not run ourselves is read after this.
        if (now - last < 2 * TICK_MS) count();
        last = now;
      }
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    }
  }

  function count(): void {
    if (load() === 'idle') sign();
    const heard = signed;
    signed = false;
    if (heard || activityOf(server.pid) === 'scheduled') return;
    silent += 1;
    if (askedAt === undefined && silent >= ASK_AFTER[load()]) {
      askedAt = silent;
      server.request('config/read', {}, { deadlineMs: 0 }).then(sign, sign);
    }
    if (askedAt !== undefined && silent - askedAt >= GIVE_UP_AFTER)
      mute.resolve('codex app-server gave no sign of life any more and was ended.');
  }
}

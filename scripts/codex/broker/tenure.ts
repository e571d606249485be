import { setTimeout as delay } from 'node:timers/promises';
import { CompanionError } from '../../domain/base/errors.ts';
import { leasesOn, withoutBroker } from '../../domain/workspace/broker-admission.ts';
import type { Lease, WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { readState, update } from '../../state/workspace/store.ts';

export interface Tenure {
  /** Looks at once, e.g. because a client has left. */
  look(): void;
  /** Resolves when the broker is off the record, so that nobody can come any more. Never, once stopped. */
  readonly over: Promise<'unheld' | 'replaced'>;
  stop(): void;
}

export interface TenureOptions {
  layout: WorkspaceLayout;
  brokerId: string;
  isConnected(jobId: string): boolean;
}

/** For the next client, who comes often right after the last one; milliseconds. */
const LINGER_MS = 1_000;
const LOOK_MS = 1_000;
const PATIENCE_MS = 2_000;
/** The state cannot be read or locked for that long, and nobody is connected: then nobody can come either. */
const BLIND_LIMIT_MS = 60_000;

/** Keeps watch over the leases of one broker, and takes it off the record when it has been without any for a moment. */
export function keepWatch(options: TenureOptions): Tenure {
  const stopped = new AbortController();
  let wake = new AbortController();
  return {
    look: () => wake.abort(),
    over: watch(),
    stop: () => stopped.abort(),
  };

  async function watch(): Promise<'unheld' | 'replaced'> {
    let unheldSince: number | undefined;
    let seenAt = performance.now();
    for (;;) {
      const standing = look(options);
      if (standing === 'replaced') return standing;
      if (standing !== 'unknown') seenAt = performance.now();
      if (standing === 'held') unheldSince = undefined;
      if (standing === 'unheld') unheldSince ??= performance.now();
      if (performance.now() - seenAt > BLIND_LIMIT_MS) return 'unheld';

      const left = unheldSince === undefined ? LOOK_MS : unheldSince + LINGER_MS - performance.now();
      if (left <= 0 && standing === 'unheld') {
        const verdict = await leave(options);
        if (verdict !== 'held') return verdict;
        unheldSince = undefined;
        continue;
      }
      await pause(Math.max(20, Math.min(left, LOOK_MS)));
      if (stopped.signal.aborted) return new Promise(() => {});
    }
  }

  async function pause(ms: number): Promise<void> {
    wake = new AbortController();
    const woken = AbortSignal.any([wake.signal, stopped.signal]);
    await delay(ms, undefined, { signal: woken }).catch(() => {}); // woken early
  }
}

type Standing = 'held' | 'unheld' | 'replaced' | 'unknown';

function look(options: TenureOptions): Standing {
  try {
    return standingIn(readState(options.layout), options);
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return 'unknown';
  }
}

/** The decision to go: made and written in the update in which no newcomer can take a lease. */
async function leave(options: TenureOptions): Promise<'unheld' | 'replaced' | 'held'> {
  let verdict: Standing = 'held';
  const decide = (state: WorkspaceState) => {
    verdict = standingIn(state, options);
    return verdict === 'unheld' ? withoutBroker(state, options.brokerId) : state;
  };
  try {
    await update(options.layout, decide, { patienceMs: PATIENCE_MS });
    return verdict;
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return 'held'; // locked, or not writable now: looked at again in a moment
  }
}

function standingIn(state: WorkspaceState, { brokerId, isConnected }: TenureOptions): Standing {
  if (!state.brokers.some(({ id }) => id === brokerId)) return 'replaced';
  return leasesOn(state, brokerId).some((lease) => isLive(lease, isConnected)) ? 'held' : 'unheld';
}

/** Of a holder in another container nothing can be seen but that it is connected. */
function isLive({ holder, jobId }: Lease, isConnected: (jobId: string) => boolean): boolean {
  const found = liveness(holder);
  return found === 'alive' || (found === 'unprovable' && isConnected(jobId));
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobRequest } from '../../domain/job/job.ts';
import { sessionDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { withBaton } from '../../state/session/baton.ts';
import { hasDoorbell } from '../../state/session/clients.ts';
import { heirsOf } from '../../state/session/heirs.ts';
import { orPassOver } from '../reading/one-of-many.ts';
import { advance, askerOf, owedNotices } from './owed.ts';
import { ringDoorbell } from './ways/doorbell.ts';

/** A client that hears its doorbell has called its hook by then (0.65 s of its own, and node's start). Milliseconds. */
const RING_AGAIN_MS = 2_000;
const LIMIT_MS = 5_000;
const LOOK_MS = 100;

/**
 * Stays for some seconds after the doorbell was rung: rings once more where nobody came (the client was just starting to
 * watch), and settles what has arrived. One process does this for a session, whatever number of jobs ended; nothing
 * depends on it.
 */
export async function seeThrough({ root }: WorkspaceLayout, { origin }: JobRequest): Promise<void> {
  if (!origin) return;
  const owner = sessionDirectory(root, origin.host, origin.sessionId);
  const listening = heirsOf(owner).filter(hasDoorbell);
  const [session] = listening;
  if (!session) return;
  await withBaton(join(session, 'watched'), () =>
    untilSettled(root, session, () => ringDoorbell(root, origin)),
  );
}

async function untilSettled(root: string, session: string, ringAgain: () => void): Promise<void> {
  const asker = askerOf(session, 'wake');
  const begun = performance.now();
  let rung = false;
  while (performance.now() - begun < LIMIT_MS) {
    await delay(LOOK_MS);
    const moves = owedNotices(root, session).flatMap(
      (owed) => orPassOver(owed.jobId, () => advance(owed, asker)) ?? [],
    );
    const open = moves.filter(
      (move) => move.kind === 'tell' || (move.kind === 'none' && move.why !== 'not-ended'),
    );
    if (open.length === 0) return;
    if (
      !rung &&
      performance.now() - begun > RING_AGAIN_MS &&
      moves.some((move) => move.kind === 'tell' && move.number === 1)
    ) {
      rung = true;
      ringAgain();
    }
  }
}

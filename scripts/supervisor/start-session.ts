import { liveJobs, type SessionRecord, withSession } from '../domain/workspace-state.ts';
import { liveness } from '../process/identity.ts';
import { update } from '../state/store.ts';
import type { Context } from './context.ts';

/** Registers a session in its workspace. A session that comes back (`resume`) is a living one again. */
export async function startSession(
  context: Context,
  session: SessionRecord,
  patienceMs: number,
): Promise<void> {
  await update(
    context.layout,
    (state) => {
      const owners = new Set(liveJobs(state).flatMap((job) => (job.origin ? [job.origin.sessionId] : [])));
      // Sessions whose client is dead and that own no live job are of no use to anybody any more.
      const sessions = state.sessions.filter(
        (one) =>
          owners.has(one.id) || (one.endedAt === null && (!one.client || liveness(one.client) !== 'dead')),
      );
      return withSession({ ...state, sessions }, session);
    },
    { patienceMs },
  );
}

import { HOST_TRAITS } from '../../domain/base/hosts.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { sameProcess } from '../../domain/base/identity.ts';
import { liveJobs, type SessionRecord, withSession } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { update } from '../../state/workspace/store.ts';

/** Registers a session in its workspace. A session that comes back (`resume`) is a living one again. */
export async function startSession(
  layout: WorkspaceLayout,
  session: SessionRecord,
  patienceMs: number,
): Promise<void> {
  await update(
    layout,
    (state) => {
      const owners = new Set(liveJobs(state).flatMap((job) => (job.origin ? [job.origin.sessionId] : [])));
      const sessions = state.sessions
        .map((one) => (replaces(session, one) ? { ...one, endedAt: session.startedAt } : one))
        // Sessions that are over and own no live job are of no use to anybody any more.
        .filter((one) => owners.has(one.id) || (one.endedAt === null && !isDead(one.client)));
      return withSession({ ...state, sessions }, session);
    },
    { patienceMs },
  );
}

/** Of a host with one conversation at a time, in the same process: the former is over, even if its end was not heard. */
function replaces(session: SessionRecord, former: SessionRecord): boolean {
  if (former.host !== session.host || former.id === session.id) return false;
  if (HOST_TRAITS[session.host].sessionsPerProcess === 'many') return false;
  if (former.endedAt !== null || !former.client || !session.client) return false;
  return sameProcess(former.client, session.client);
}

function isDead(client: ProcessIdentity | null): boolean {
  return client !== null && liveness(client) === 'dead';
}

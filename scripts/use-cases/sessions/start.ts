import { replaces, type StartedSession } from '../../domain/session/standing.ts';
import { liveJobs, type SessionRecord, withSession } from '../../domain/workspace/workspace-state.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { isOverOnRecord } from '../../state/session/session-record.ts';
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
        .map((one) => (isReplaced(session, one) ? { ...one, endedAt: session.startedAt } : one))
        // Sessions that are over and own no live job are of no use to anybody any more.
        .filter((one) => owners.has(one.id) || !isOverOnRecord(layout.root, one));
      return withSession({ ...state, sessions }, session);
    },
    { patienceMs },
  );
}

function isReplaced(next: SessionRecord, former: SessionRecord): boolean {
  return former.endedAt === null && replaces(started(next), started(former));
}

function started({ host, id, client }: SessionRecord): StartedSession {
  return { host, sessionId: id, client };
}

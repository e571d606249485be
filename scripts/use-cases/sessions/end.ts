import type { HostName } from '../../domain/base/hosts.ts';
import { type ProcessIdentity, sameProcess } from '../../domain/base/identity.ts';
import type { StopRequest, Timestamp } from '../../domain/job/job.ts';
import { clientStanding, endsWith } from '../../domain/session/standing.ts';
import type { SessionRecord } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import { type JobFacts, requestStop } from '../../state/job/job-directory.ts';
import { jobDirectory, sessionDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { clientsOf } from '../../state/session/clients.ts';
import { ownedJobs } from '../../state/session/owned-jobs.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { cancel } from '../jobs/cancel.ts';
import { type FoundJob, workspaceAt } from '../reading/find-job.ts';
import { orPassOver, orPassOverLater } from '../reading/one-of-many.ts';
import { readJob } from '../reading/read-job.ts';
import { unacceptedRequest } from '../reading/unaccepted.ts';
import { seeToSessions } from '../upkeep/see-to-sessions.ts';
import { sweepWorkspace } from '../upkeep/sweep.ts';

export interface EndedSession {
  host: HostName;
  sessionId: string;
  /** the process that it ends in; the same session may be open in another one; null where nobody knows */
  client: ProcessIdentity | null;
  /** as the host gives it: `clear`, `logout`, `prompt_input_exit`, `other`, …; null where it was not learnt */
  reason: string | null;
  at: Timestamp;
}

/**
 * What the hook itself does: asks for the end of the session's foreground jobs, in whichever workspaces they run.
 * Background jobs, finished results and other sessions' work are untouched, whatever the reason. No lock is taken and
 * nobody is signalled; `finishEnd` does what was decided. Returns how many jobs were asked to end.
 */
export function requestEnd(root: string, session: EndedSession): number {
  const stop: StopRequest = { kind: 'session-end', by: describe(session), at: session.at };
  const jobs = foregroundJobs(root, session).filter(({ facts }) => {
    const asker = facts.request.origin?.client ?? null;
    return endsWith(asker, asker && liveness(asker), session.client);
  });
  for (const job of jobs) orPassOver(job.id, () => requestStop(jobDirectory(job.layout, job.id), stop));
  return jobs.length;
}

/**
 * What follows, in a process of its own that no host kills: stops the foreground jobs (which needs no lock), marks the
 * session ended where it is on record, and sweeps its workspaces. Can be repeated, and finished by anybody's sweep.
 */
export async function finishEnd(
  root: string,
  session: EndedSession,
  registeredIn: WorkspaceLayout[],
): Promise<void> {
  const workspaces = distinct([...registeredIn, ...workspacesOf(root, session)]);
  await stopForegroundJobs(root, session);
  for (const layout of workspaces) {
    await orPassOverLater(layout.directory, async () => {
      await markEnded(layout, session);
      await sweepWorkspace(layout);
    });
  }
  await seeToSessions(root, { places: workspaces.map(({ directory }) => directory) });
}

/**
 * Those that the hook asked to end, as the session may have come back since and have new ones. Together, not one after
 * the other: a job that ignores TERM takes seconds.
 */
async function stopForegroundJobs(root: string, session: EndedSession): Promise<void> {
  const asked = foregroundJobs(root, session).filter(({ facts }) => facts.stop !== null);
  const stop = { kind: 'session-end', by: describe(session) } as const;
  await Promise.all(asked.map((job) => orPassOverLater(job.id, () => cancel(job, { stop }))));
}

interface LiveJob extends FoundJob {
  facts: JobFacts;
}

function foregroundJobs(root: string, session: EndedSession): LiveJob[] {
  return ownedJobs(root, session).flatMap(({ id, workspaceDirectory }) => {
    const layout = workspaceAt(root, workspaceDirectory);
    // A damaged or vanished job must not keep the session's other jobs alive; the sweep that follows ends it.
    const facts = orPassOver(id, () =>
      unacceptedRequest(layout, id) ? undefined : readJob(layout, id).facts,
    );
    return facts && !facts.outcome && !facts.request.background ? [{ id, layout, facts }] : [];
  });
}

function describe({ reason }: EndedSession): string {
  return reason === null ? 'the end of its session' : `the end of its session (${reason})`;
}

async function markEnded(layout: WorkspaceLayout, session: EndedSession): Promise<void> {
  const { host, sessionId, client, at } = session;
  // A younger record, or one with another client, is that of the session's return, or of its other process.
  const isMeant = (one: SessionRecord) =>
    one.host === host &&
    one.id === sessionId &&
    one.endedAt === null &&
    one.startedAt <= at &&
    (!one.client || !client || sameProcess(one.client, client));
  if (!readState(layout).sessions.some(isMeant)) return;
  const goesOnIn = clientsOf(sessionDirectory(layout.root, host, sessionId)).find(
    (one) => clientStanding(one) === 'open' && !(client && one.client && sameProcess(one.client, client)),
  );
  const after = goesOnIn ? { client: goesOnIn.client } : { endedAt: at };
  await update(layout, (state) => ({
    ...state,
    sessions: state.sessions.map((one) => (isMeant(one) ? { ...one, ...after } : one)),
  }));
}

function workspacesOf(root: string, session: EndedSession): WorkspaceLayout[] {
  return ownedJobs(root, session).map(({ workspaceDirectory }) => workspaceAt(root, workspaceDirectory));
}

function distinct(layouts: WorkspaceLayout[]): WorkspaceLayout[] {
  return [...new Map(layouts.map((layout) => [layout.directory, layout])).values()];
}

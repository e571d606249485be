import { CompanionError, systemCode } from '../domain/errors.ts';
import type { HostName, StopRequest } from '../domain/job.ts';
import type { SessionRecord } from '../domain/workspace-state.ts';
import { requestStop } from '../state/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../state/layout.ts';
import { readState, update } from '../state/store.ts';
import { warn } from '../state/warnings.ts';
import { cancel } from './cancel.ts';
import { now } from './context.ts';
import { type FoundJob, workspaceAt } from './find-job.ts';
import { ownedJobs } from './session-directory.ts';
import { readJob } from './settle.ts';
import { sweep } from './sweep.ts';

export interface EndedSession {
  host: HostName;
  sessionId: string;
  /** as the host gives it: `clear`, `logout`, `prompt_input_exit`, `other`, … */
  reason: string;
}

/**
 * What the hook itself does: asks for the end of the session's foreground jobs, in whichever workspaces they run.
 * Background jobs, finished results and other sessions' work are untouched, whatever the reason. No lock is taken and
 * nobody is signalled; `finishEnd` does what was decided. Returns how many jobs were asked to end.
 */
export function requestEnd(root: string, session: EndedSession): number {
  const stop: StopRequest = {
    kind: 'session-end',
    by: `the end of its session (${session.reason})`,
    at: now(),
  };
  const jobs = foregroundJobs(root, session);
  for (const job of jobs) requestStop(jobDirectory(job.layout, job.id), stop);
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
    await orWarn(layout.directory, async () => {
      await markEnded(layout, session);
      await sweep(layout);
    });
  }
}

/** Together, not one after the other: a job that ignores TERM takes seconds. */
async function stopForegroundJobs(root: string, session: EndedSession): Promise<void> {
  const by = `the end of its session (${session.reason})`;
  const stops = foregroundJobs(root, session).map((job) =>
    orWarn(job.id, () => cancel(job, { stop: { kind: 'session-end', by } })),
  );
  await Promise.all(stops);
}

function foregroundJobs(root: string, session: EndedSession): FoundJob[] {
  return ownedJobs(root, session)
    .map(({ id, workspaceDirectory }) => ({ id, layout: workspaceAt(root, workspaceDirectory) }))
    .filter(isLiveInForeground);
}

function isLiveInForeground({ layout, id }: FoundJob): boolean {
  try {
    const { facts } = readJob(layout, id);
    return !facts.outcome && !facts.request.background;
  } catch (error) {
    // A damaged or vanished job must not keep the session's other jobs alive.
    if (!(error instanceof CompanionError) && systemCode(error) === undefined) throw error;
    warn(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function markEnded(layout: WorkspaceLayout, session: EndedSession): Promise<void> {
  const open = (one: SessionRecord) =>
    one.host === session.host && one.id === session.sessionId && one.endedAt === null;
  if (!readState(layout).sessions.some(open)) return;
  await update(layout, (state) => ({
    ...state,
    sessions: state.sessions.map((one) => (open(one) ? { ...one, endedAt: now() } : one)),
  }));
}

function workspacesOf(root: string, session: EndedSession): WorkspaceLayout[] {
  return ownedJobs(root, session).map(({ workspaceDirectory }) => workspaceAt(root, workspaceDirectory));
}

function distinct(layouts: WorkspaceLayout[]): WorkspaceLayout[] {
  return [...new Map(layouts.map((layout) => [layout.directory, layout])).values()];
}

/** One job or workspace that cannot be dealt with (locked, damaged, read-only) must not keep the others waiting. */
async function orWarn(what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    warn(`${what}: ${error.message}`);
  }
}

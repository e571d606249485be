import { CompanionError } from '../domain/errors.ts';
import type { HostName, StopRequest } from '../domain/job.ts';
import { requestStop } from '../state/job-directory.ts';
import { jobDirectory } from '../state/layout.ts';
import { update } from '../state/store.ts';
import { warn } from '../state/warnings.ts';
import { type Context, now } from './context.ts';
import { workspaceAt } from './find-job.ts';
import { forgetSession, ownedJobs } from './session-directory.ts';
import { readJob } from './settle.ts';

export interface EndedSession {
  host: HostName;
  sessionId: string;
  /** as the host gives it: `clear`, `logout`, `prompt_input_exit`, `other`, … */
  reason: string;
}

/**
 * Decides and returns: asks for the end of this session's foreground jobs, and marks the session ended. Background
 * jobs, finished results and other sessions' work are untouched, whatever the reason. Nobody is signalled here: the
 * detached sweep that follows does what was decided. Returns how many jobs were asked to end.
 */
export async function endSession(
  context: Context,
  session: EndedSession,
  patienceMs: number,
): Promise<number> {
  let asked = 0;
  for (const { id, workspaceDirectory } of ownedJobs(context.root, session)) {
    if (askToEnd(context, workspaceDirectory, id, session)) asked++;
  }
  await markEnded(context, session, patienceMs);
  forgetSession(context.root, session);
  return asked;
}

function askToEnd(context: Context, workspaceDirectory: string, id: string, session: EndedSession): boolean {
  const layout = workspaceAt(context.root, workspaceDirectory);
  try {
    const { facts } = readJob(layout, id);
    if (facts.outcome || facts.request.background) return false;
    const stop: StopRequest = {
      kind: 'session-end',
      by: `the end of its session (${session.reason})`,
      at: now(),
    };
    return requestStop(jobDirectory(layout, id), stop);
  } catch (error) {
    // A damaged job must not keep the session's other jobs alive.
    if (!(error instanceof CompanionError) && !(error instanceof Error && 'code' in error)) throw error;
    warn(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function markEnded(context: Context, session: EndedSession, patienceMs: number): Promise<void> {
  await update(
    context.layout,
    (state) => {
      const sessions = state.sessions.map((one) =>
        one.host === session.host && one.id === session.sessionId ? { ...one, endedAt: now() } : one,
      );
      return { ...state, sessions };
    },
    { patienceMs },
  );
}

import { CompanionError } from '../../domain/base/errors.ts';
import { compareText } from '../../domain/base/order.ts';
import type { Origin } from '../../domain/job/job.ts';
import { KINDS, threadItContinues } from '../../domain/job/kinds.ts';
import type { IndexedJob } from '../../domain/workspace/workspace-state.ts';
import { liveJobs } from '../../domain/workspace/workspace-state.ts';
import { readRequest, readThreadNote } from '../../state/job/job-directory.ts';
import { jobDirectory } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';
import type { Context } from '../context.ts';
import { type FoundJob, findJob } from '../reading/find-job.ts';
import { orPassOver } from '../reading/one-of-many.ts';
import { readJob } from '../reading/read-job.ts';
import { belongsTo } from '../reading/references.ts';

/** A finished task whose thread can be continued. */
export interface Resumable {
  job: IndexedJob;
  threadId: string;
}

/** What Codex is told where a conversation is to be continued without a word. */
export const CONTINUE_PROMPT =
  'Go on from where you stopped: take the next step that is most worth taking, and see the task through to its end.';

const THREAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The Codex thread to go on with: the one that `reference` (a job or a thread) names, else that of the latest finished
 * task of the session, else of the workspace. Throws `unknown-job` where there is none, and `wrong-state` while a
 * live job works on it.
 */
export function threadToResume(context: Context, session: Origin | null, reference?: string): string {
  const threadId =
    reference === undefined
      ? latestThread(context, session)
      : THREAD_ID.test(reference)
        ? reference
        : threadOfJob(findJob(context, reference));
  refuseWhileLive(context, threadId);
  return threadId;
}

/**
 * The session's own task that can be continued (in a plain terminal: the workspace's), or null. What asks the user
 * whether to continue looks at it, and must not offer another session's conversation, as 1.0.5 did not.
 */
export function resumeCandidate(context: Context, session: Origin | null): Resumable | null {
  return latestResumable(context, session, (job) => session === null || belongsTo(job, session));
}

function latestResumable(
  context: Context,
  session: Origin | null,
  isMeant: (job: IndexedJob) => boolean = () => true,
): Resumable | null {
  for (const job of visibleTasks(context, session)) {
    if (!job.finished || !isMeant(job)) continue;
    const note = orPassOver(job.id, () => readThreadNote(jobDirectory(context.layout, job.id)));
    if (note) return { job, threadId: note.threadId };
  }
  return null;
}

function latestThread(context: Context, session: Origin | null): string {
  const live = visibleTasks(context, session).find((job) => isLive(context, job));
  if (live)
    throw new CompanionError(
      'wrong-state',
      `${live.id} is still running; which task to continue is not clear.`,
      {
        hint: `Wait for it (codex-companion wait ${live.id}), or name another: --resume JOB`,
      },
    );
  const candidate = latestResumable(context, session);
  if (candidate) return candidate.threadId;
  throw new CompanionError(
    'unknown-job',
    `There is no finished task to continue in ${context.layout.workspaceRoot}.`,
    {
      hint: 'Leave out --resume, or name a job or thread: --resume JOB',
    },
  );
}

/** The session's tasks, newest first; the workspace's where the session has none. */
function visibleTasks(context: Context, session: Origin | null): IndexedJob[] {
  const tasks = readState(context.layout)
    .jobs.filter(({ kind }) => KINDS[kind].thread === 'continued')
    .sort((a, b) => compareText(b.createdAt, a.createdAt));
  const own = tasks.filter((job) => belongsTo(job, session));
  return own.length > 0 ? own : tasks;
}

function isLive(context: Context, job: IndexedJob): boolean {
  if (job.finished) return false;
  // One that cannot be read has a thread that cannot be told, and does not hold up the others.
  const reading = orPassOver(job.id, () => readJob(context.layout, job.id));
  return reading !== undefined && !reading.facts.outcome;
}

function threadOfJob(job: FoundJob): string {
  const note = readThreadNote(jobDirectory(job.layout, job.id));
  const { facts } = readJob(job.layout, job.id);
  if (!facts.outcome) throw stillWorking(job.id);
  if (note) return note.threadId;
  throw new CompanionError('wrong-state', `${job.id} has no Codex thread that could be continued.`, {
    hint: 'codex-companion status --all',
  });
}

function refuseWhileLive(context: Context, threadId: string): void {
  for (const job of liveJobs(readState(context.layout))) {
    const directory = jobDirectory(context.layout, job.id);
    const works = orPassOver(
      job.id,
      () => readThreadNote(directory)?.threadId === threadId || resumes(directory, threadId),
    );
    if (works && isLive(context, job)) throw stillWorking(job.id);
  }
}

function resumes(directory: string, threadId: string): boolean {
  return threadItContinues(readRequest(directory)) === threadId;
}

function stillWorking(id: string): CompanionError {
  return new CompanionError('wrong-state', `${id} still works on that thread.`, {
    hint: `codex-companion wait ${id}`,
  });
}

import { dirname } from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';
import { processes } from '../../domain/job/outcome-text.ts';
import type { JobProcess, LeftProcess, StopManner } from '../../domain/job/processes.ts';
import { requestFromIndex } from '../../domain/workspace/restored-job.ts';
import type { IndexedJob } from '../../domain/workspace/workspace-state.ts';
import { findStrays, stopStrays } from '../../places/strays.ts';
import { now } from '../../process/clock.ts';
import { ownIdentity } from '../../process/identity.ts';
import { can } from '../../process/platform/this-platform.ts';
import { restoreEnded } from '../../state/job/restore.ts';
import { UnreadableJob } from '../../state/job/unreadable.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';
import type { FoundJob } from '../reading/find-job.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';
import { settle } from './settle.ts';

export interface EndedUnreadable {
  reading: JobReading;
  stopped: JobProcess[];
}

const MANNER: StopManner = { signal: 'SIGTERM', graceMs: 5_000, killMs: 3_000 };

/**
 * Ends a live job that cannot be read any more, once, as `lost`, and makes its directory anew from the index, so that its
 * end is told and read like any other. What runs of it is found by its cookie and stopped: nobody could see its output or
 * record its end. Where it may be readable tomorrow (`refused`), nothing is stopped unless somebody `asked` for that, and
 * it ends when nothing of it runs.
 * @throws the trouble itself where the job is left as it is, or is not listed as live; `cancel-incomplete`
 */
export async function endUnreadable(
  { layout, id }: FoundJob,
  trouble: UnreadableJob,
  { asked = false, manner = MANNER } = {},
): Promise<EndedUnreadable> {
  const job = readState(layout).jobs.find((one) => one.id === id && !one.finished);
  if (!job || trouble.why === 'not-known') throw trouble;
  const mayStop = asked || trouble.why !== 'refused';
  const seen = can('environmentOf') ? findStrays(id) : [];
  if (seen.length > 0 && !mayStop) throw trouble;
  const { stopped, left } = seen.length > 0 ? await stopStrays(id, manner) : { stopped: [], left: [] };
  if (left.length > 0) throw incomplete(id, left);
  restoreEnded(layout, requestOf(layout, job), lost(job, trouble, stopped.length));
  return { reading: await settle(layout, id), stopped };
}

/** readJob; a listed job that cannot be read is ended. @throws UnreadableJob where it has to be left as it is */
export async function readOrEnd(job: FoundJob): Promise<JobReading> {
  try {
    return readJob(job.layout, job.id);
  } catch (error) {
    if (!(error instanceof UnreadableJob)) throw error;
    return (await endUnreadable(job, error)).reading;
  }
}

function lost({ createdAt }: IndexedJob, { message }: UnreadableJob, stopped: number): JobOutcome {
  const by = now();
  const also =
    stopped === 0 ? '' : ` ${processes(stopped)} of it, found by the environment, stopped with that.`;
  return {
    ending: 'lost',
    startedAt: null,
    finishedAt: by,
    noticed: { after: createdAt, by },
    exitCode: null,
    signal: null,
    stillRunning: 0,
    reason: `It could not be read any more: ${message}${also}`,
  };
}

function requestOf(layout: WorkspaceLayout, job: IndexedJob) {
  const { workspaceRoot } = layout;
  // The program that we are, beside which all the others lie.
  const runtime = dirname(process.argv[1] ?? '/');
  return requestFromIndex(job, {
    ...{ now: now(), workspaceRoot, process: ownIdentity(), node: process.execPath, runtime },
  });
}

function incomplete(id: string, left: LeftProcess[]): CompanionError {
  const them = left.map(({ pid, name, why }) => `${name} (pid ${pid}): ${why}`).join('; ');
  return new CompanionError(
    'cancel-incomplete',
    `${id} cannot be read, and something of it is left: ${them}.`,
    {
      hint: `codex-companion cancel ${id}`,
    },
  );
}

import type { JobOutcome } from '../../domain/job/evidence.ts';
import { withFinishedJob } from '../../domain/workspace/workspace-state.ts';
import { readEnvironment } from '../../process/environment.ts';
import type { JobFacts } from '../../state/job/job-directory.ts';
import { readSettlement } from '../../state/job/notice-files.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { forgetOwnedJob, oweNotice } from '../../state/session/owned-jobs.ts';
import { update } from '../../state/workspace/store.ts';
import { announce } from '../notices/announce.ts';
import { isLeftToWorker, startOnComplete } from '../notices/ways/on-complete.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';

/** readJob, and the index brought in step: the job's end and the release of its lease in one locked update. */
export async function settle(layout: WorkspaceLayout, id: string, patienceMs = 15_000): Promise<JobReading> {
  const reading = readJob(layout, id);
  const { facts } = reading;
  if (facts.outcome && !isLeftToWorker(facts)) await index(layout, facts, facts.outcome, patienceMs);
  return reading;
}

async function index(
  layout: WorkspaceLayout,
  facts: JobFacts,
  outcome: JobOutcome,
  patienceMs: number,
): Promise<void> {
  const { request } = facts;
  // First, because the index is what says that this is still to be done.
  if (request.origin) {
    const isRead = readSettlement(jobDirectory(layout, request.id)) !== null;
    (isRead ? forgetOwnedJob : oweNotice)(layout.root, request.origin, request.id);
  }
  const environment = readEnvironment();
  await startOnComplete(facts, outcome, environment);
  await update(
    layout,
    (state) => {
      const live = state.jobs.some((job) => job.id === request.id && !job.finished);
      const leased = state.leases.some((lease) => lease.jobId === request.id);
      return live || leased ? withFinishedJob(state, request.id, outcome) : state;
    },
    { patienceMs },
  );
  await announce(layout, request, environment);
}

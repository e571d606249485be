import type { JobOutcome } from '../../domain/job/evidence.ts';
import { withFinishedJob } from '../../domain/workspace/workspace-state.ts';
import { readEnvironment } from '../../process/environment.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { update } from '../../state/workspace/store.ts';
import { announce } from '../notices/announce.ts';
import { isLeftToWorker } from '../notices/ways/on-complete.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';

/** readJob, and the index brought in step: the job's end and the release of its lease in one locked update. */
export async function settle(layout: WorkspaceLayout, id: string, patienceMs = 15_000): Promise<JobReading> {
  const reading = readJob(layout, id);
  const { facts } = reading;
  const { outcome, request } = facts;
  if (outcome && !isLeftToWorker(facts))
    await announce({ layout, request, facts, outcome, environment: readEnvironment() }, () =>
      index(layout, request.id, outcome, patienceMs),
    );
  return reading;
}

async function index(
  layout: WorkspaceLayout,
  id: string,
  outcome: JobOutcome,
  patienceMs: number,
): Promise<void> {
  await update(
    layout,
    (state) => {
      const live = state.jobs.some((job) => job.id === id && !job.finished);
      const leased = state.leases.some((lease) => lease.jobId === id);
      return live || leased ? withFinishedJob(state, id, outcome) : state;
    },
    { patienceMs },
  );
}

import { join } from 'node:path';
import { isTrouble } from '../../domain/base/errors.ts';
import { compareText } from '../../domain/base/order.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import { asTold, type Recalled } from '../../domain/workspace/events.ts';
import { NOTHING_TOLD } from '../../domain/workspace/job-event.ts';
import {
  type BrokerRecord,
  emptyState,
  type IndexedJob,
  indexEntry,
  type Lease,
  type WorkspaceState,
  withFinishedJob,
  withJob,
} from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import { warn } from '../files/warnings.ts';
import { type JobFacts, listJobIds, readJobFacts } from '../job/job-directory.ts';
import { readNumber } from '../job/numbers.ts';
import { UnreadableJob } from '../job/unreadable.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { readBrokerFiles } from './broker-files.ts';
import { recallEvents } from './event-log.ts';
import { readSettings } from './settings.ts';

export interface RebuiltState {
  state: WorkspaceState;
  /** jobs on disk */
  found: number;
  /** the same as the events tell it: what is beyond that, nobody has been told yet */
  told: WorkspaceState;
}

/**
 * The index, made anew from what is true: the jobs' directories, the settings file, and the broker's own record.
 * Used for a missing and for a damaged state.json, and by the import of 1.0.5's state (use-cases/upkeep/import-old-state.ts), which makes job directories first and then does the same.
 */
export function rebuildState(layout: WorkspaceLayout): RebuiltState {
  const facts = listJobIds(layout.jobs)
    .flatMap((id) => factsIfReadable(join(layout.jobs, id)))
    .filter((job) => !isUnfinishedEnqueue(job));
  facts.sort((a, b) => compareText(a.request.createdAt, b.request.createdAt));
  const brokers = readBrokerFiles(layout);
  const empty: WorkspaceState = {
    ...emptyState(layout.workspaceRoot),
    config: readSettings(layout),
    brokers,
    leases: brokers.flatMap((broker) => facts.flatMap((job) => leaseOf(job, broker))),
  };
  const { known, end, complete } = recallEvents(layout);
  const listed: WorkspaceState = { ...withJobsOnDisk(empty, facts), events: { end } };
  const state = { ...listed, jobs: listed.jobs.map((job) => withTold(job, known.get(job.id))) };
  return { state, found: facts.length, told: asTold(state, known, complete) };
}

function withTold(job: IndexedJob, recalled: Recalled | undefined): IndexedJob {
  if (!recalled) return job;
  const { notices } = recalled.told;
  if (!job.finished) return { ...job, told: recalled.told };
  return notices === 0 ? job : { ...job, told: { ...NOTHING_TOLD, notices } };
}

/** The index with these jobs in it, by what stands in their directories. */
export function withJobsOnDisk(state: WorkspaceState, facts: JobFacts[]): WorkspaceState {
  let next = state;
  for (const { request, outcome, directory } of facts) {
    const number = readNumber(directory);
    next = withJob(next, { ...indexEntry(request), ...(number === undefined ? {} : { number }) });
    if (outcome) next = withFinishedJob(next, request.id, outcome);
  }
  return next;
}

/** Its enqueuer died before it started anything, and so before it told anybody the id: nobody misses it. */
function isUnfinishedEnqueue({ claim, spawned, outcome, request }: JobFacts): boolean {
  return !claim && !spawned && !outcome && liveness(request.enqueuedBy) === 'dead';
}

function factsIfReadable(directory: string): JobFacts[] {
  try {
    return [readJobFacts(directory)];
  } catch (error) {
    // An unfinished or damaged directory must not hide the others. One without a request was never accepted.
    if (!isTrouble(error)) throw error;
    if (!(error instanceof UnreadableJob && error.why === 'gone')) warn(error.message);
    return [];
  }
}

/**
 * A live Codex job's worker holds the broker. Which one, if there are several, cannot be told from its files: it is
 * counted for each, since a broker that goes late does no harm.
 */
function leaseOf(job: JobFacts, broker: BrokerRecord): Lease[] {
  if (job.outcome || job.claim?.kind !== 'worker' || !KINDS[job.request.kind].holdsLease) return [];
  return [{ jobId: job.request.id, brokerId: broker.id, holder: job.claim.worker, since: job.claim.at }];
}

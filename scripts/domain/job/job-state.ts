import type { ProcessIdentity } from '../base/identity.ts';
import type { Evidence, JobOutcome } from './evidence.ts';
import type { StopRequest, Timestamp } from './job.ts';
import { isBeingStopped, seesToLeftovers } from './outcome.ts';

/** Where a job stands. A stage holds exactly its data; how it ended is a type of its own. */
export type JobState =
  | { stage: 'queued'; enqueuedAt: Timestamp }
  | {
      stage: 'running';
      enqueuedAt: Timestamp;
      startedAt: Timestamp;
      worker: ProcessIdentity;
      /** set where the command itself has ended, and the job sees to so many processes that it has left running */
      leftRunning?: number;
    }
  | {
      stage: 'stopping';
      enqueuedAt: Timestamp;
      startedAt: Timestamp;
      worker: ProcessIdentity;
      requestedBy: StopRequest;
    }
  | { stage: 'finished'; enqueuedAt: Timestamp; outcome: JobOutcome };

/** Where the job stands by the evidence. Pure; `finished` only when an outcome is committed. */
export function stateOf(evidence: Evidence): JobState {
  const enqueuedAt = evidence.request.createdAt;
  if (evidence.outcome) return { stage: 'finished', enqueuedAt, outcome: evidence.outcome };
  const claim = evidence.claim;
  if (claim?.kind !== 'worker') return { stage: 'queued', enqueuedAt };
  const running = { enqueuedAt, startedAt: claim.at, worker: claim.worker };
  if (evidence.stop && (!evidence.exit || isBeingStopped(evidence)))
    return { stage: 'stopping', ...running, requestedBy: evidence.stop };
  return seesToLeftovers(evidence)
    ? { stage: 'running', ...running, leftRunning: evidence.remaining }
    : { stage: 'running', ...running };
}

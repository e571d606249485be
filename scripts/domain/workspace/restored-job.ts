import type { ProcessIdentity } from '../base/identity.ts';
import type { JobRequest, Timestamp } from '../job/job.ts';
import { NO_LIMITS } from '../job/limits.ts';
import { restoredSpec } from '../job/specs.ts';
import type { IndexedJob } from './workspace-state.ts';

/** By whom, where and when a request is made anew. */
export interface Restorer {
  now: Timestamp;
  workspaceRoot: string;
  process: ProcessIdentity;
  node: string;
  runtime: string;
}

/** What the index knows of a job whose own request cannot be had any more; what it does not know stands empty. */
export function requestFromIndex(job: IndexedJob, restorer: Restorer): JobRequest {
  const { id, kind, title, summary, background, createdAt, cwd, origin } = job;
  const { now, workspaceRoot, process, node, runtime } = restorer;
  return {
    version: 1,
    ...{ id, kind, title, summary, background, createdAt, cwd, origin },
    ...{ workspaceRoot: workspaceRoot || cwd, limits: NO_LIMITS, place: 'local' },
    ...{ enqueuedBy: process, node, runtime },
    imported: { from: 'the index of jobs', at: now, notRecorded: ['limits', 'place', 'spec'] },
    spec: restoredSpec(kind, summary || title),
  } as JobRequest;
}

import type { JobProcess, StopManner, StopResult } from '../domain/job/processes.ts';
import { findJobProcesses, type JobTrace } from '../process/job/find.ts';
import { scopeOf } from '../process/job/scope.ts';
import { stopJobProcesses } from '../process/job/stop.ts';
import { can } from '../process/platform/this-platform.ts';

/**
 * The processes of a job whose directory tells nothing any more, its recorder among them: they carry its cookie, or are
 * in the scope that has its name. None are found where the platform shows neither.
 */
export function findStrays(jobId: string): JobProcess[] {
  return findJobProcesses(traceOf(jobId));
}

export function stopStrays(jobId: string, manner: StopManner): Promise<StopResult> {
  return stopJobProcesses(traceOf(jobId), manner);
}

function traceOf(jobId: string): JobTrace {
  const scope = can('controlGroupsOf') ? { scope: scopeOf(jobId) } : {};
  return { jobId, leader: null, spared: null, log: null, ...scope };
}

import { existsSync } from 'node:fs';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { liveness } from '../../process/identity.ts';
import { jobFiles, readRequest } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';

/**
 * The request of a job that was never accepted: its enqueuer was killed after it had made the directory, and before it had
 * entered the job in the index. Nobody was told the id and no worker was started, so it is no job, and nobody is told of
 * it. Undefined for every other one. The index is only read where it may be one.
 */
export function unacceptedRequest(layout: WorkspaceLayout, id: string): JobRequest | undefined {
  const files = jobFiles(jobDirectory(layout, id));
  if ([files.outcome, files.claim, files.spawned].some((file) => existsSync(file))) return undefined;
  try {
    const request = readRequest(jobDirectory(layout, id));
    // In this order: the dead accept nothing any more.
    if (liveness(request.enqueuedBy) !== 'dead') return undefined;
    return readState(layout).jobs.some((job) => job.id === id) ? undefined : request;
  } catch (error) {
    // Damaged, or removed by another sweep.
    if (error instanceof CompanionError || systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

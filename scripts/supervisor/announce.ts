import type { JobRequest } from '../domain/job.ts';
import type { WorkspaceLayout } from '../state/layout.ts';
import { ringDoorbell } from './doorbell.ts';

/**
 * What follows a job's end: the one place for it. Called after the outcome is committed and the index is in step; each
 * step may be repeated by anybody, and none may fail the end itself, which stands.
 */
export async function announce(layout: WorkspaceLayout, request: JobRequest): Promise<void> {
  if (request.origin) ringDoorbell(layout.root, request.origin);
}

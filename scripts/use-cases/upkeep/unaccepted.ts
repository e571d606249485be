import { removeTree } from '../../state/files/remove.ts';
import { listJobIds } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { forgetOwnedJob } from '../../state/session/owned-jobs.ts';
import { readState } from '../../state/workspace/store.ts';
import { unacceptedRequest } from '../reading/unaccepted.ts';

/** Removes the directories of jobs that were never accepted. Returns their ids. */
export function removeUnaccepted(layout: WorkspaceLayout): string[] {
  const listed = new Set(readState(layout).jobs.map((job) => job.id));
  return listJobIds(layout.jobs).filter((id) => !listed.has(id) && removeIfUnaccepted(layout, id));
}

function removeIfUnaccepted(layout: WorkspaceLayout, id: string): boolean {
  const request = unacceptedRequest(layout, id);
  if (!request) return false;
  removeTree(jobDirectory(layout, id));
  if (request.origin) forgetOwnedJob(layout.root, request.origin, id);
  return true;
}

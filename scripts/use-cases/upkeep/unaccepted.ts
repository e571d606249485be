import { existsSync } from 'node:fs';
import { liveness } from '../../process/identity.ts';
import { removeTree } from '../../state/files/remove.ts';
import { jobFiles, listJobIds, readRequest } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { forgetOwnedJob } from '../../state/session/owned-jobs.ts';
import { readState } from '../../state/workspace/store.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';

/**
 * Removes the directories of jobs that were never accepted: their enqueuer was killed after it had made the directory
 * and before it had entered the job in the index, so nobody was told the id and no worker was started. Returns their ids.
 */
export function removeUnaccepted(layout: WorkspaceLayout): string[] {
  const listed = new Set(readState(layout).jobs.map((job) => job.id));
  return listJobIds(layout.jobs).filter((id) => !listed.has(id) && removeIfUnaccepted(layout, id));
}

function removeIfUnaccepted(layout: WorkspaceLayout, id: string): boolean {
  const directory = jobDirectory(layout, id);
  const files = jobFiles(directory);
  if ([files.outcome, files.claim, files.spawned].some((file) => existsSync(file))) return false;
  // Damaged, or removed by another sweep: in neither case ours to remove.
  const removed = orPassOver(
    id,
    () => {
      const { enqueuedBy, origin } = readRequest(directory);
      if (liveness(enqueuedBy) !== 'dead') return false;
      removeTree(directory);
      if (origin) forgetOwnedJob(layout.root, origin, id);
      return true;
    },
    saysNothing,
  );
  return removed ?? false;
}

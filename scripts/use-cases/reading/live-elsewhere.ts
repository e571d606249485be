import { statSync } from 'node:fs';
import { liveJobs } from '../../domain/workspace/workspace-state.ts';
import { layoutAt, type WorkspaceLayout } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';
import { removedWorktrees } from '../../state/worktrees.ts';
import { otherDirectories } from './find-job.ts';
import { orPassOver, saysNothing } from './one-of-many.ts';
import { readJob } from './read-job.ts';

/** Those whose state was written last: a list is not to cost more the more projects there are. */
const LOOKED_AT = 20;

/** How many jobs run or wait in other workspaces, of which the list of this one says nothing. */
export function liveElsewhere(place: Pick<WorkspaceLayout, 'root' | 'directory'>): number {
  const shown = new Set(removedWorktrees(place.root, place.directory).map(({ directory }) => directory));
  const others = otherDirectories({ root: place.root, layout: place })
    .filter((directory) => !shown.has(directory))
    .map((directory) => layoutAt(place.root, '', directory))
    .map((layout) => ({
      layout,
      // Whoever writes the state replaces a file in it.
      at: statSync(layout.directory, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.at - a.at)
    .slice(0, LOOKED_AT);
  return others.reduce((count, { layout }) => count + liveIn(layout), 0);
}

function liveIn(layout: WorkspaceLayout): number {
  const state = orPassOver(layout.directory, () => readState(layout), saysNothing);
  // The index may lag behind: each is looked at.
  const live = (state ? liveJobs(state) : []).filter(({ id }) => {
    const reading = orPassOver(id, () => readJob(layout, id), saysNothing);
    return reading && reading.state.stage !== 'finished';
  });
  return live.length;
}

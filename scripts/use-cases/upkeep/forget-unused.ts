import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withheldJobIds } from '../../domain/workspace/workspace-state.ts';
import { namesIn } from '../../state/files/names-in.ts';
import { removeIfEmpty, removeTree } from '../../state/files/remove.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { isOverOnRecord } from '../../state/session/session-record.ts';
import { readState, removeState, writtenAt } from '../../state/workspace/store.ts';
import { orPassOverLater, saysNothing } from '../reading/one-of-many.ts';

/** Milliseconds: a session that starts in it registers at once, and writes state.json; its first job may come later. */
const UNTOUCHED_MS = 86_400_000;

/** What a workspace has in which no job was ever kept. */
const NEVER_USED = /^(state\.json|jobs|brokers|retention-checked)$/;
/** What says something of jobs that have gone; nobody asks for it once the workspace's own directory has gone, too. */
const OF_THE_PAST = /^(history\.jsonl|removed\.jsonl|events(\.\d+)?\.jsonl|main|numbers)$/;

/**
 * Removes the state of workspaces in which nothing is kept and no session is open: each directory that a session ever started in
 * has one. A damaged, locked or newer one stays.
 */
export async function forgetUnused(layouts: readonly WorkspaceLayout[]): Promise<void> {
  for (const layout of layouts)
    await orPassOverLater(layout.directory, () => forgetIfUnused(layout), saysNothing);
}

async function forgetIfUnused(layout: WorkspaceLayout): Promise<void> {
  if (!isUnused(layout)) return;
  await removeState(
    layout,
    () => isUnused(layout),
    () => {
      for (const folder of [layout.jobs, layout.brokers]) removeIfEmpty(folder);
      if (existsSync(layout.jobs)) return false; // somebody asks for a job at this moment
      for (const name of namesIn(layout.directory))
        if (name === 'retention-checked' || OF_THE_PAST.test(name)) removeTree(join(layout.directory, name));
      return true;
    },
  );
}

function isUnused(layout: WorkspaceLayout): boolean {
  const touched = writtenAt(layout);
  if (touched === undefined || Math.abs(Date.now() - touched) < UNTOUCHED_MS) return false;
  const isGone = layout.workspaceRoot !== '' && !existsSync(layout.workspaceRoot);
  const mayGo = (name: string) =>
    NEVER_USED.test(name) || (isGone && OF_THE_PAST.test(name)) || name === 'state.lock';
  if (!namesIn(layout.directory).every(mayGo)) return false;
  if ([layout.jobs, layout.brokers].some((folder) => namesIn(folder).length > 0)) return false;
  const state = readState(layout);
  if (state.brokers.length > 0 || state.leases.length > 0 || withheldJobIds(state).length > 0) return false;
  return (
    (state.withheld?.sessions ?? []).length === 0 &&
    state.sessions.every((one) => isOverOnRecord(layout.root, one))
  );
}

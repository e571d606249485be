import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Malformed } from '../../domain/base/check.ts';
import { isTrouble, systemCode } from '../../domain/base/errors.ts';
import { parseState } from '../../domain/workspace/parse-state.ts';
import { liveJobs, type WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import {
  createPrivateDirectory,
  makePrivateDirectory,
  notWritable,
  readOwnFile,
  removeIfAny,
} from '../files/durable.ts';
import { namesIn, someNamesIn } from '../files/names-in.ts';
import { removeTree } from '../files/remove.ts';
import type { WorkspaceLayout } from '../layout.ts';

/**
 * In which workspaces jobs live: an empty file `busy/NAME` in the root for each, kept by the one writer of its state.json, under
 * its lock. So whoever looks after the jobs of others need not look into every workspace that ever was.
 */

const placeOf = (root: string) => join(root, 'busy');

/** To be called with the lock of the workspace, before its state is written. */
export function enterBusy({ root, directory }: WorkspaceLayout, next: WorkspaceState): void {
  const file = join(placeOf(root), basename(directory));
  if (liveJobs(next).length === 0 || existsSync(file)) return;
  ensureBusy(root);
  put(file);
}

/** The same, after it is written: a kill between the two leaves one too many. */
export function leaveBusy({ root, directory }: WorkspaceLayout, next: WorkspaceState): void {
  if (liveJobs(next).length === 0) removeIfAny(join(placeOf(root), basename(directory)));
}

/** By directory of state. */
export function busyWorkspaces(root: string): string[] {
  ensureBusy(root);
  return namesIn(placeOf(root)).flatMap((name) => {
    const directory = join(root, 'workspaces', name);
    if (existsSync(directory)) return [directory];
    removeIfAny(join(placeOf(root), name)); // removed by hand
    return [];
  });
}

/** So many names are looked at before a start; where there are more, a sweep is to look. */
const LOOKED_AT = 100;

/** May jobs live in any of them? Of bounded cost, and changes nothing: most of the names may be of what is no more. */
export function mayBeBusy(root: string): boolean {
  ensureBusy(root);
  const names = someNamesIn(placeOf(root), LOOKED_AT + 1);
  return names.length > LOOKED_AT || names.some((name) => existsSync(join(root, 'workspaces', name)));
}

/** Made once from all workspaces, which a release before it has left. */
function ensureBusy(root: string): void {
  const place = placeOf(root);
  if (existsSync(place)) return;
  makePrivateDirectory(root);
  const aside = `${place}.${process.pid}.${randomBytes(6).toString('hex')}`;
  createPrivateDirectory(aside);
  try {
    for (const name of namesIn(join(root, 'workspaces')))
      if (seemsBusy(join(root, 'workspaces', name))) put(join(aside, name));
    renameSync(aside, place);
  } catch (error) {
    removeTree(aside);
    // Somebody else has made it meanwhile.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw notWritable(place, error);
  }
}

/** One that cannot be read may be. */
function seemsBusy(directory: string): boolean {
  try {
    return liveJobs(parseState(JSON.parse(readOwnFile(join(directory, 'state.json'))))).length > 0;
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return true;
    if (isTrouble(error)) return systemCode(error) !== 'ENOENT';
    throw error;
  }
}

function put(file: string): void {
  try {
    writeFileSync(file, '', { mode: 0o600 });
  } catch (error) {
    throw notWritable(file, error);
  }
}

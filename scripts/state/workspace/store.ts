import { existsSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { aRecord, aString, Malformed } from '../../domain/base/check.ts';
import { CompanionError, isTrouble, systemCode } from '../../domain/base/errors.ts';
import { eventsOf } from '../../domain/workspace/events.ts';
import { parseState } from '../../domain/workspace/parse-state.ts';
import {
  type IndexedJob,
  liveJobs,
  toStored,
  type Withheld,
  type WorkspaceState,
} from '../../domain/workspace/workspace-state.ts';
import {
  makePrivateDirectory,
  readOwnFile,
  removeIfAny,
  requireOwnDirectory,
  writeDurably,
} from '../files/durable.ts';
import { type LockOptions, removeAbandonedAsides, withLock } from '../files/lock.ts';
import { namesIn } from '../files/names-in.ts';
import { removeIfEmpty } from '../files/remove.ts';
import { warn, warnOnce } from '../files/warnings.ts';
import { removeAbandonedDirectories } from '../job/job-directory.ts';
import { withNumbers } from '../job/numbers.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { enterBusy, leaveBusy } from './busy.ts';
import { appendEvents } from './event-log.ts';
import { appendHistory } from './history.ts';
import { type RebuiltState, rebuildState } from './rebuild.ts';

/** Commands wait this long for the lock; hooks bring their own, shorter patience. */
const PATIENCE: LockOptions = { patienceMs: 15_000 };

/**
 * The one writer of state.json: lock, read, pure `change`, atomic durable write, unlock. Signals, spawns and sockets
 * come after. `change` gets a right state and returns the next one; the same object means: nothing to write.
 */
export async function update(
  layout: WorkspaceLayout,
  change: (state: WorkspaceState) => WorkspaceState,
  options: LockOptions = PATIENCE,
): Promise<WorkspaceState> {
  for (let tries = 3; ; tries--) {
    prepare(layout);
    try {
      return await withLock(layout.lockDirectory, options, () => updateLocked(layout, change));
    } catch (error) {
      // A sweep found the workspace unused, and removed it at this moment; whoever has the lock keeps it.
      if (existsSync(layout.directory) || tries <= 0) throw error;
    }
  }
}

function updateLocked(
  layout: WorkspaceLayout,
  change: (state: WorkspaceState) => WorkspaceState,
): WorkspaceState {
  const { state, stored, told } = loadOrRebuild(layout);
  const next = withNumbers(layout, change(state));
  enterBusy(layout, next);
  if (next === state && stored) {
    leaveBusy(layout, next);
    return next;
  }
  // Before the index: a kill between the two makes a line twice, and readers take the last; the other way round it
  // would be missing for ever.
  for (const job of newlyFinished(state, next)) appendHistory(layout, job);
  const complete = tellEvents(layout, told, next);
  writeDurably(layout.stateFile, `${JSON.stringify(toStored(complete), null, 1)}\n`);
  leaveBusy(layout, complete);
  return complete;
}

/** The events are on disk first; they are told by the new length, which becomes true with the state. */
function tellEvents(layout: WorkspaceLayout, told: WorkspaceState, next: WorkspaceState): WorkspaceState {
  const { unsaid: _, ...rest } = next;
  const events = eventsOf(told, next);
  const end = events.length === 0 ? next.events.end : appendEvents(layout, next.events.end, events);
  return { ...rest, events: { ...next.events, end } };
}

/** The state as it is now, without the lock. A damaged or missing one is rebuilt in memory; `update` mends the file. */
export function readState(layout: WorkspaceLayout): WorkspaceState {
  try {
    return load(layout);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return rebuildState(layout).state;
    if (!isDamage(error)) throw unreadable(layout, error);
    const { state, found } = rebuildState(layout);
    warn(
      `${layout.stateFile} is damaged (${reason(error)}); read ${found} job(s) from their directories instead.`,
    );
    return state;
  }
}

/** The workspace's root as the index has it; undefined where that is damaged, which is said where it matters. */
export function rootOnRecord({ stateFile }: WorkspaceLayout): string | undefined {
  try {
    return aString(aRecord(JSON.parse(readOwnFile(stateFile)), 'state').workspaceRoot, 'state.workspaceRoot');
  } catch (error) {
    if (isDamage(error) || isTrouble(error)) return undefined;
    throw error;
  }
}

/** When the state was written last: milliseconds, undefined where there is none. */
export function writtenAt({ stateFile }: WorkspaceLayout): number | undefined {
  return statSync(stateFile, { throwIfNoEntry: false })?.mtimeMs;
}

/** Removes a workspace's state, the file and what `rest` removes before it, if `isUnused` says so with the lock held, too. */
export async function removeState(
  layout: WorkspaceLayout,
  isUnused: () => boolean,
  rest: () => boolean,
): Promise<void> {
  await withLock(layout.lockDirectory, { patienceMs: 0 }, () => {
    if (isUnused() && rest()) removeIfAny(layout.stateFile);
  });
  if (!existsSync(layout.stateFile)) removeIfEmpty(layout.directory);
}

function newlyFinished(before: WorkspaceState, after: WorkspaceState): IndexedJob[] {
  if (before === after) return [];
  const live = new Set(liveJobs(before).map((job) => job.id));
  return after.jobs.filter((job) => job.finished && live.has(job.id));
}

/** Removes what killed writers left beside the state: half-written files and contenders' directories. */
export async function tidyStateFiles(layout: WorkspaceLayout): Promise<void> {
  prepare(layout);
  await withLock(layout.lockDirectory, PATIENCE, () => {
    removeAbandonedAsides(layout.lockDirectory);
    removeAbandonedDirectories(layout.jobs);
    for (const name of namesIn(layout.directory)) {
      // Only the holder of the lock writes state.json, so nobody is writing these now.
      if (/^state\.json\.\d+$/.test(name)) removeIfAny(join(layout.directory, name));
    }
  });
}

function prepare(layout: WorkspaceLayout): void {
  for (const directory of [layout.root, dirname(layout.directory), layout.directory, layout.jobs]) {
    makePrivateDirectory(directory);
    requireOwnDirectory(directory);
  }
}

function load(layout: WorkspaceLayout): WorkspaceState {
  const state = parseState(JSON.parse(readOwnFile(layout.stateFile)));
  if (state.withheld) warnOnce(aboutWithheld(layout, state.withheld));
  return state;
}

function aboutWithheld({ stateFile }: WorkspaceLayout, { sessions, jobs, why }: Withheld): string {
  const count = sessions.length + jobs.length;
  return `${stateFile} holds ${count} record(s) of a newer version, which are left as they are: ${why}. Update codex-companion.`;
}

interface Loaded {
  state: WorkspaceState;
  /** false: it is to be written whatever becomes of it */
  stored: boolean;
  /** the state that followers know of */
  told: WorkspaceState;
}

function loadOrRebuild(layout: WorkspaceLayout): Loaded {
  try {
    const state = load(layout);
    return { state, stored: true, told: state };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { ...rebuildState(layout), stored: false };
    if (!isDamage(error)) throw unreadable(layout, error);
    return { ...replaceDamaged(layout, error), stored: false };
  }
}

function replaceDamaged(layout: WorkspaceLayout, error: unknown): RebuiltState {
  const aside = `${layout.stateFile}.damaged-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  renameSync(layout.stateFile, aside);
  const rebuilt = rebuildState(layout);
  warn(
    `state.json was damaged (${reason(error)}); kept it as ${basename(aside)} and rebuilt the index of ${rebuilt.found} job(s).`,
  );
  return rebuilt;
}

/** Damage is what a rebuild mends: bad content, or something else than a file in its place. */
function isDamage(error: unknown): boolean {
  if (error instanceof Malformed || error instanceof SyntaxError) return true;
  return ['EISDIR', 'ELOOP', 'ENXIO'].includes(systemCode(error) ?? '');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 120) : String(error);
}

function unreadable(layout: WorkspaceLayout, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof CompanionError || code === undefined) return error;
  return new CompanionError('state-unreadable', `Cannot read ${layout.stateFile} (${code}).`, {
    hint: 'Check its permissions; the jobs themselves are not affected.',
    cause: error,
  });
}

import { existsSync } from 'node:fs';
import { KINDS, threadItContinues } from '../../domain/job/kinds.ts';
import { briefOutcome } from '../../domain/job/outcome-text.ts';
import {
  planRetention,
  type Removal,
  type RetentionLimits,
  type StoredJob,
} from '../../domain/job/retention.ts';
import { liveJobs, type WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { removeHalfWritten } from '../../state/files/half-written.ts';
import {
  type JobFacts,
  jobFiles,
  listJobIds,
  readJobFacts,
  readRequest,
  readThreadNote,
} from '../../state/job/job-directory.ts';
import {
  lastRetention,
  noteRetention,
  removeLeftAside,
  removeStoredJob,
  storedJobs,
} from '../../state/job/stored-jobs.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { forgetOwnedJob } from '../../state/session/owned-jobs.ts';
import { readSettings } from '../../state/workspace/settings.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { noticeOf } from '../notices/notice-of.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';

/** What lies in a workspace, and what of it the limits would take. */
export interface DiskUse {
  jobs: number;
  bytes: number;
  /** ended, and whom they are for has not seen it */
  unread: number;
  limits: RetentionLimits;
  removable: Removal[];
}

/** Looks and changes nothing. */
export function diskUse(layout: WorkspaceLayout): DiskUse {
  const limits: RetentionLimits = readSettings(layout);
  const stored = storedJobs(layout, (id) => ifReadable(id, () => isOwed(layout, id)) ?? true);
  return {
    jobs: stored.length,
    bytes: stored.reduce((sum, job) => sum + job.bytes, 0),
    unread: stored.filter((job) => job.endedAt !== null && job.readAt === null).length,
    limits: { keepDays: limits.keepDays, keepBytes: limits.keepBytes },
    removable: removalsAmong(layout, stored, limits),
  };
}

/** Looking at all jobs costs time: nobody waits for it more than once a day. */
const INTERVAL_MS = 86_400_000;

export function retentionIsDue(layout: WorkspaceLayout): boolean {
  const last = lastRetention(layout);
  return last === null || Math.abs(Date.parse(now()) - last) > INTERVAL_MS;
}

/** Removes what the workspace's limits say. Returns what is gone; each one was looked at once more. */
export async function applyRetention(layout: WorkspaceLayout): Promise<Removal[]> {
  if (!existsSync(layout.jobs)) return [];
  removeLeftAside(layout);
  for (const directory of placesOf(layout))
    orPassOver(
      directory,
      () => removeHalfWritten(directory, existsSync(jobFiles(directory).outcome)),
      saysNothing,
    );
  const { removable } = diskUse(layout);
  const removed = removable.length === 0 ? [] : await removeAll(layout, removable);
  noteRetention(layout);
  return removed;
}

/** Where writers write: the workspace's own files, the brokers' and each job's. */
function placesOf(layout: WorkspaceLayout): string[] {
  const jobs = listJobIds(layout.jobs).map((id) => jobDirectory(layout, id));
  return [layout.directory, layout.brokers, ...jobs];
}

async function removeAll(layout: WorkspaceLayout, removable: Removal[]): Promise<Removal[]> {
  const ids = new Set(removable.map(({ id }) => id));
  const state = await update(layout, (current) => withoutFinished(current, ids));
  const live = new Set(liveJobs(state).map((job) => job.id));
  return removable.filter(
    (removal) => !live.has(removal.id) && orPassOver(removal.id, () => remove(layout, removal)),
  );
}

/** The history keeps their lines. */
function withoutFinished(state: WorkspaceState, ids: ReadonlySet<string>): WorkspaceState {
  const jobs = state.jobs.filter((job) => !job.finished || !ids.has(job.id));
  return jobs.length === state.jobs.length ? state : { ...state, jobs };
}

function remove(layout: WorkspaceLayout, removal: Removal): boolean {
  const facts = factsOf(layout, removal.id);
  if (!facts?.outcome) return false;
  const { origin } = facts.request;
  if (origin) forgetOwnedJob(layout.root, origin, removal.id);
  removeStoredJob(layout, { ...removal, at: now(), outcome: briefOutcome(facts.outcome) });
  return true;
}

/** A job that has to stay after all counts as live, and others may have to go in its place. */
function removalsAmong(layout: WorkspaceLayout, stored: StoredJob[], limits: RetentionLimits): Removal[] {
  const needed = neededThreads(layout);
  let jobs = stored;
  for (;;) {
    const plan = planRetention(jobs, limits, Date.parse(now()));
    const kept = new Set(
      plan.filter(({ id }) => !ifReadable(id, () => mayGo(layout, id, needed))).map(({ id }) => id),
    );
    if (kept.size === 0) return plan;
    jobs = jobs.map((job) => (kept.has(job.id) ? { ...job, endedAt: null } : job));
  }
}

/** Its outcome stands, nothing of it runs any more, and no live job goes on with its thread. */
function mayGo(layout: WorkspaceLayout, id: string, needed: ReadonlySet<string>): boolean {
  const facts = factsOf(layout, id);
  if (!facts?.outcome) return false;
  const thread =
    KINDS[facts.request.kind].thread !== 'none' ? readThreadNote(facts.directory)?.threadId : undefined;
  if (thread !== undefined && needed.has(thread)) return false;
  return facts.outcome.stillRunning === 0 || placeOf(facts.request).processes(facts).length === 0;
}

function neededThreads(layout: WorkspaceLayout): Set<string> {
  const threads = liveJobs(readState(layout)).flatMap(({ id }) => {
    const request = ifReadable(id, () => readRequest(jobDirectory(layout, id)));
    return (request && threadItContinues(request)) ?? [];
  });
  return new Set(threads);
}

/** A job without a session is owed to whoever reads it; one of a session while its notice is. */
function isOwed(layout: WorkspaceLayout, id: string): boolean {
  const request = ifReadable(id, () => readRequest(jobDirectory(layout, id)));
  if (!request || request.imported) return false;
  const { origin } = request;
  if (!origin) return true;
  const notice = noticeOf(layout, { id, origin });
  return notice !== null && (notice.state === 'owed' || notice.state === 'told');
}

function factsOf(layout: WorkspaceLayout, id: string): JobFacts | undefined {
  return ifReadable(id, () => readJobFacts(jobDirectory(layout, id)));
}

/** Nothing for a damaged one, which says so where it is asked for, and which nobody but its owner removes. */
function ifReadable<T>(id: string, read: () => T): T | undefined {
  return orPassOver(id, read, saysNothing);
}

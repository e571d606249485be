import type { Timestamp } from './job.ts';

/** What a workspace keeps of finished jobs; null: without limit. */
export interface RetentionLimits {
  keepDays: number | null;
  /** of all jobs together, as they lie on disk */
  keepBytes: number | null;
}

/** One job's directory, as far as its removal is concerned. Times in milliseconds. */
export interface StoredJob {
  id: string;
  bytes: number;
  /** null while it lives */
  endedAt: number | null;
  /** when whom it was for had seen how it ended; null while that is owed */
  readAt: number | null;
}

export type RemovalReason = 'age' | 'size' | 'never read';

export const WHY_REMOVED: Record<RemovalReason, string> = {
  age: 'older than what is to be kept',
  size: 'more than what is to be kept',
  'never read': 'nobody came for it in 90 days',
};

/** A job that is to go, or has gone. */
export interface Removal {
  id: string;
  bytes: number;
  why: RemovalReason;
}

/** The line that stays of it in removed.jsonl. */
export interface RemovedJob extends Removal {
  at: Timestamp;
  /** how it had ended, in a few words */
  outcome: string;
}

const DAY_MS = 86_400_000;
/** What was read this recently is not removed for its size: somebody is working on it. */
const FRESH_MS = DAY_MS;
/** What nobody came for in this time, nobody will; a longer `keepDays` counts instead. */
const UNREAD_DAYS = 90;

/**
 * Which jobs have to go, the one read longest ago first. A live one never does, and one whose outcome is still owed to
 * somebody only after 90 days. Limits that cannot be kept so are not kept.
 */
export function planRetention(jobs: StoredJob[], limits: RetentionLimits, now: number): Removal[] {
  const { keepDays, keepBytes } = limits;
  if (keepDays === null && keepBytes === null) return [];
  const removable = jobs
    .flatMap((job) => lastUse(job, keepDays, now))
    .sort((a, b) => a.since - b.since || (a.job.id < b.job.id ? -1 : 1));
  let total = jobs.reduce((sum, job) => sum + job.bytes, 0);
  const removals: Removal[] = [];
  for (const { job, since, unread } of removable) {
    const tooOld = keepDays !== null && now - since > keepDays * DAY_MS;
    const tooMuch = keepBytes !== null && total > keepBytes && now - since > FRESH_MS;
    if (!unread && !tooOld && !tooMuch) continue;
    total -= job.bytes;
    removals.push({ id: job.id, bytes: job.bytes, why: unread ? 'never read' : tooOld ? 'age' : 'size' });
  }
  return removals;
}

/** When it was of use last; nothing for a job that has to stay. */
function lastUse(
  job: StoredJob,
  keepDays: number | null,
  now: number,
): { job: StoredJob; since: number; unread: boolean }[] {
  if (job.endedAt === null) return [];
  if (job.readAt !== null) return [{ job, since: Math.max(job.endedAt, job.readAt), unread: false }];
  const limit = Math.max(UNREAD_DAYS, keepDays ?? 0) * DAY_MS;
  return now - job.endedAt > limit ? [{ job, since: job.endedAt, unread: true }] : [];
}

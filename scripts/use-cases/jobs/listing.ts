import { existsSync } from 'node:fs';
import { compareText } from '../../domain/base/order.ts';
import type { Origin } from '../../domain/job/job.ts';
import { type JobFilter, passes } from '../../domain/workspace/job-filter.ts';
import { type IndexedJob, RECENT_JOBS } from '../../domain/workspace/workspace-state.ts';
import { jobFiles } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { logSize } from '../../state/log/log.ts';
import { readHistory } from '../../state/workspace/history.ts';
import { removedWorktrees } from '../../state/worktrees.ts';
import { orPassOverLater } from '../reading/one-of-many.ts';
import type { JobReading } from '../reading/read-job.ts';
import { belongsTo } from '../reading/references.ts';
import { newestEndFirst, type Survey, survey } from './survey.ts';

/** Which jobs to list, and how many of them. */
export interface ListWish {
  filter: JobFilter;
  /** `total`: live ones count, and come first; `finished`: all live ones, and so many others */
  most: { total: number } | { finished: number };
  /** also those that the index lists no more */
  old: boolean;
  /** go on behind the job that this names: `nextCursor` of an earlier answer */
  after: string | null;
}

export interface LiveJob {
  layout: WorkspaceLayout;
  reading: JobReading;
  /** from 1, where it waits for its turn */
  queuePosition: number | null;
}

export interface EndedJob {
  layout: WorkspaceLayout;
  job: IndexedJob;
}

export interface Listing {
  /** of the workspace that was asked about */
  found: Survey;
  /** the session's own first, then newest first */
  live: LiveJob[];
  /** newest end first */
  finished: EndedJob[];
  /** how many are not shown, and whether there may be older ones besides */
  more: { count: number; older: boolean };
  /** null where these are the last */
  nextCursor: string | null;
  /** all live ones, whether shown or not */
  allLive: LiveJob[];
  /** all that the indexes list, whether shown or not */
  recent: EndedJob[];
  /** an index lists no more than it does: others may have ended before */
  indexIsFull: boolean;
}

/**
 * The jobs of a workspace, of its worktrees that were removed, and of others that are named. No directory of a job is opened
 * but those of live ones; the history is read only where the index cannot answer.
 */
export async function listJobs(
  layouts: readonly [WorkspaceLayout, ...WorkspaceLayout[]],
  session: Origin | null,
  wish: ListWish,
): Promise<Listing> {
  const [layout, ...others] = layouts;
  const found = await survey(layout);
  const heirs = layouts.flatMap((one) => removedWorktrees(one.root, one.directory));
  const surveyed = [{ layout, found }, ...(await surveyOthers([...others, ...heirs]))];
  const recent = surveyed.flatMap((one) => one.found.finished.map((job) => ({ layout: one.layout, job })));
  const indexIsFull = surveyed.some(hasOlder);
  const ended = (wish.old ? withOld(surveyed, recent) : [...recent])
    .filter(({ job }) => passes(job, wish.filter))
    .sort((a, b) => newestEndFirst(a.job, b.job) || compareText(b.job.id, a.job.id));
  const allLive = liveOf(surveyed, session);
  const live = wish.after === null ? allLive.filter(({ reading }) => isWished(reading, wish)) : [];
  const shownLive = 'total' in wish.most ? live.slice(0, wish.most.total) : live;
  const most = 'total' in wish.most ? wish.most.total - shownLive.length : wish.most.finished;
  const rest = ended.filter(({ job }) => wish.after === null || isBehind(job, wish.after));
  const finished = rest.slice(0, most);
  const last = finished.at(-1);
  return {
    found,
    live: shownLive,
    finished,
    more: {
      count: live.length - shownLive.length + rest.length - finished.length,
      older: !wish.old && indexIsFull,
    },
    nextCursor: last && rest.length > finished.length ? cursorOf(last.job) : null,
    allLive,
    recent,
    indexIsFull,
  };
}

interface Surveyed {
  layout: WorkspaceLayout;
  found: Survey;
}

/** One workspace that is in trouble does not hide the others. */
async function surveyOthers(layouts: readonly WorkspaceLayout[]): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  for (const layout of new Map(layouts.map((one) => [one.directory, one])).values()) {
    const one = await orPassOverLater(layout.workspaceRoot, () => survey(layout));
    if (one) found.push({ layout, found: one });
  }
  return found;
}

function liveOf(surveyed: readonly Surveyed[], session: Origin | null): LiveJob[] {
  const newestFirst = surveyed
    .flatMap(({ layout, found }) =>
      found.live.map((reading) => {
        const queuePosition = found.queue.get(reading.facts.request.id) ?? null;
        return { layout, reading, queuePosition };
      }),
    )
    .sort((a, b) => compareText(b.reading.facts.request.createdAt, a.reading.facts.request.createdAt));
  const isOwn = ({ reading }: LiveJob) => belongsTo(reading.facts.request, session);
  return [...newestFirst.filter(isOwn), ...newestFirst.filter((one) => !isOwn(one))];
}

function isWished({ facts: { request } }: JobReading, { filter }: ListWish): boolean {
  return passes({ origin: request.origin, finished: null }, filter);
}

/** Those that were removed since have their line in the history, and nothing that could be shown. */
function withOld(surveyed: readonly Surveyed[], recent: readonly EndedJob[]): EndedJob[] {
  const listed = new Set(recent.map(({ job }) => job.id));
  const old = surveyed.flatMap(({ layout }) =>
    readHistory(layout, Number.POSITIVE_INFINITY)
      .filter(({ id }) => !listed.has(id) && existsSync(jobFiles(jobDirectory(layout, id)).request))
      .map((job) => ({ layout, job })),
  );
  return [...recent, ...old];
}

/** Whether the history may have more than the index, without a look at what stands in it. */
function hasOlder({ layout, found }: Surveyed): boolean {
  return found.finished.length >= RECENT_JOBS && logSize(layout.historyFile) > 0;
}

function cursorOf({ id, finished }: IndexedJob): string {
  return `${finished?.finishedAt ?? ''},${id}`;
}

/** A job that was named by a cursor may have been removed; its place in the order stays. */
function isBehind(job: IndexedJob, cursor: string): boolean {
  return cursorOf(job) < cursor;
}

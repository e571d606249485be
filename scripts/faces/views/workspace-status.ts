import { existsSync } from 'node:fs';
import type { Origin } from '../../domain/job/job.ts';
import { diskWarnings } from '../../domain/workspace/disk-warnings.ts';
import { hasFailed } from '../../domain/workspace/job-filter.ts';
import type { IndexedJob, Settings } from '../../domain/workspace/workspace-state.ts';
import { jobFiles } from '../../state/job/job-directory.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { latestEnded, usualTime } from '../../use-cases/jobs/former-runs.ts';
import {
  type EndedJob,
  type Listing,
  type ListWish,
  type LiveJob,
  listJobs,
} from '../../use-cases/jobs/listing.ts';
import { orPassOver } from '../../use-cases/reading/one-of-many.ts';
import { belongsTo } from '../../use-cases/reading/references.ts';
import { roomAt } from '../../use-cases/upkeep/room.ts';
import { type JobView, viewOfFinished, viewOfReading } from './job-view.ts';
import { type BrokerView, brokerView, type SessionRuntime, sessionRuntime } from './session-runtime.ts';

/** What `status` without a job tells; the keys of 1.0.5, and the broker. */
export interface WorkspaceStatus {
  workspaceRoot: string;
  config: Settings;
  sessionRuntime: SessionRuntime;
  /** this session's first, then newest first */
  running: JobView[];
  latestFinished: JobView | null;
  recent: JobView[];
  needsReview: boolean;
  broker: BrokerView | null;
  /** a disk that is nearly full, a log that has grown huge */
  warnings: string[];
  /** whatever of them is shown; today by local time. `atLeast`: as many as the index lists, and there may be more */
  counts: {
    running: number;
    paused: number;
    queued: number;
    completedToday: number;
    failedToday: number;
    atLeast: boolean;
  };
  /** how many of those that were asked for are not shown; `older`: the history may have more */
  more: { count: number; older: boolean };
  /** what `--cursor` goes on from; null where nothing follows */
  nextCursor: string | null;
}

/** @param layouts the workspace that is asked about, and others that are to be listed besides */
export async function workspaceStatus(
  layouts: readonly [WorkspaceLayout, ...WorkspaceLayout[]],
  session: Origin | null,
  wish: ListWish,
): Promise<WorkspaceStatus> {
  const [layout] = layouts;
  const listing = await listJobs(layouts, session, wish);
  const { found, finished } = listing;
  const latest = finished.find(({ job }) => belongsTo(job, session)) ?? finished[0];
  const others = finished.filter(({ job }) => job.id !== latest?.job.id);
  const running = liveViews(listing.live);
  const latestFinished = latest ? (finishedView(latest)[0] ?? null) : null;
  const recent = others.flatMap(finishedView);
  return {
    workspaceRoot: layout.workspaceRoot,
    config: found.state.config,
    sessionRuntime: sessionRuntime(found),
    running,
    latestFinished,
    recent,
    needsReview: found.state.config.stopReviewGate,
    broker: brokerView(found),
    warnings: warningsAbout(layout, [...running, ...(latestFinished ? [latestFinished] : []), ...recent]),
    counts: countsOf(listing),
    more: listing.more,
    nextCursor: listing.nextCursor,
  };
}

function countsOf({ allLive, recent, indexIsFull }: Listing): WorkspaceStatus['counts'] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const today = recent.flatMap(({ job: { finished } }) =>
    finished && Date.parse(finished.finishedAt) >= midnight ? [finished] : [],
  );
  const queued = allLive.filter(({ reading }) => reading.state.stage === 'queued').length;
  const paused = allLive.filter(({ reading }) => isPaused(reading.facts.directory)).length;
  return {
    running: allLive.length - queued - paused,
    paused,
    queued,
    completedToday: today.filter(({ ending }) => ending === 'completed').length,
    failedToday: today.filter(hasFailed).length,
    atLeast: indexIsFull && today.length === recent.length,
  };
}

function isPaused(directory: string): boolean {
  return existsSync(jobFiles(directory).paused);
}

function warningsAbout({ root }: WorkspaceLayout, jobs: JobView[]): string[] {
  const logs = jobs.map(({ id, logBytes }) => ({ id, bytes: logBytes }));
  return diskWarnings(root, roomAt(root), logs);
}

function liveViews(live: readonly LiveJob[]): JobView[] {
  const ended = new Map<string, IndexedJob[]>();
  return live.flatMap(({ layout, reading, queuePosition }) => {
    const { request } = reading.facts;
    const former = ended.get(layout.directory) ?? latestEnded(layout);
    ended.set(layout.directory, former);
    const usual = usualTime(request, former);
    return viewed(request.id, () => viewOfReading(layout, reading, { queuePosition, usual }));
  });
}

function finishedView({ layout, job }: EndedJob): JobView[] {
  const { finished } = job;
  return finished ? viewed(job.id, () => viewOfFinished(layout, job, finished)) : [];
}

/** One job whose files cannot be read must not hide the others. */
function viewed(id: string, view: () => JobView): JobView[] {
  const found = orPassOver(id, view);
  return found ? [found] : [];
}

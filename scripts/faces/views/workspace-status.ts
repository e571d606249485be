import { compareText } from '../../domain/base/order.ts';
import type { Origin } from '../../domain/job/job.ts';
import { diskWarnings } from '../../domain/workspace/disk-warnings.ts';
import type { IndexedJob, Settings } from '../../domain/workspace/workspace-state.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { removedWorktrees } from '../../state/worktrees.ts';
import { newestEndFirst, type Survey, survey } from '../../use-cases/jobs/survey.ts';
import { orPassOver, orPassOverLater } from '../../use-cases/reading/one-of-many.ts';
import type { JobReading } from '../../use-cases/reading/read-job.ts';
import { belongsTo } from '../../use-cases/reading/references.ts';
import { roomAt } from '../../use-cases/upkeep/room.ts';
import { type JobView, viewOfFinished, viewOfReading } from './job-view.ts';
import { type BrokerView, brokerView, type SessionRuntime, sessionRuntime } from './session-runtime.ts';

/** As many finished jobs as 1.0.5 showed without `--all`. */
const RECENT = 8;

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
}

export async function workspaceStatus(
  layout: WorkspaceLayout,
  session: Origin | null,
  all: boolean,
): Promise<WorkspaceStatus> {
  const found = await survey(layout);
  const surveyed = [{ layout, found }, ...(await surveyRemoved(layout))];
  const finished = surveyed
    .flatMap((one) => one.found.finished.map((job) => ({ layout: one.layout, job })))
    .sort((a, b) => newestEndFirst(a.job, b.job));
  const latest = finished.find(({ job }) => belongsTo(job, session)) ?? finished[0];
  const others = finished.filter(({ job }) => job.id !== latest?.job.id);
  const running = liveViews(surveyed, session);
  const latestFinished = latest ? (finishedView(latest)[0] ?? null) : null;
  const recent = (all ? others : others.slice(0, RECENT)).flatMap(finishedView);
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
  };
}

function warningsAbout({ root }: WorkspaceLayout, jobs: JobView[]): string[] {
  const logs = jobs.map(({ id, logBytes }) => ({ id, bytes: logBytes }));
  return diskWarnings(root, roomAt(root), logs);
}

interface Surveyed {
  layout: WorkspaceLayout;
  found: Survey;
}

/** Of worktrees that were removed with their sessions: no other list has their jobs. */
async function surveyRemoved({ root, directory }: WorkspaceLayout): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  for (const layout of removedWorktrees(root, directory)) {
    const one = await orPassOverLater(layout.workspaceRoot, () => survey(layout));
    if (one) found.push({ layout, found: one });
  }
  return found;
}

function liveViews(surveyed: Surveyed[], session: Origin | null): JobView[] {
  const newestFirst = surveyed
    .flatMap(({ layout, found }) => found.live.map((reading) => ({ layout, reading, queue: found.queue })))
    .sort((a, b) => compareText(b.reading.facts.request.createdAt, a.reading.facts.request.createdAt));
  const isOwn = ({ reading }: { reading: JobReading }) => belongsTo(reading.facts.request, session);
  return [...newestFirst.filter(isOwn), ...newestFirst.filter((one) => !isOwn(one))].flatMap(
    ({ layout, reading, queue }) => {
      const { id } = reading.facts.request;
      return viewed(id, () => viewOfReading(layout, reading, queue.get(id)));
    },
  );
}

function finishedView({ layout, job }: { layout: WorkspaceLayout; job: IndexedJob }): JobView[] {
  const { finished } = job;
  return finished ? viewed(job.id, () => viewOfFinished(layout, job, finished)) : [];
}

/** One job whose files cannot be read must not hide the others. */
function viewed(id: string, view: () => JobView): JobView[] {
  const found = orPassOver(id, view);
  return found ? [found] : [];
}

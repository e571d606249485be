import { compareText } from '../../domain/base/order.ts';
import type { Origin } from '../../domain/job/job.ts';
import { diskWarnings } from '../../domain/workspace/disk-warnings.ts';
import type { IndexedJob, Settings } from '../../domain/workspace/workspace-state.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { type Survey, survey } from '../../use-cases/jobs/survey.ts';
import { belongsTo } from '../../use-cases/reading/find-job.ts';
import { orPassOver } from '../../use-cases/reading/one-of-many.ts';
import type { JobReading } from '../../use-cases/reading/read-job.ts';
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
  const latest = found.finished.find((job) => belongsTo(job, session)) ?? found.finished[0];
  const others = found.finished.filter((job) => job.id !== latest?.id);
  const running = liveViews(layout, found, session);
  const latestFinished = latest ? (finishedView(layout, latest)[0] ?? null) : null;
  const recent = (all ? others : others.slice(0, RECENT)).flatMap((job) => finishedView(layout, job));
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

function liveViews(layout: WorkspaceLayout, { live, queue }: Survey, session: Origin | null): JobView[] {
  const newestFirst = [...live].sort((a, b) =>
    compareText(b.facts.request.createdAt, a.facts.request.createdAt),
  );
  const isOwn = ({ facts }: JobReading) => belongsTo(facts.request, session);
  return [...newestFirst.filter(isOwn), ...newestFirst.filter((reading) => !isOwn(reading))].flatMap(
    (reading) =>
      viewed(reading.facts.request.id, () =>
        viewOfReading(layout, reading, queue.get(reading.facts.request.id)),
      ),
  );
}

function finishedView(layout: WorkspaceLayout, job: IndexedJob): JobView[] {
  const { finished } = job;
  return finished ? viewed(job.id, () => viewOfFinished(layout, job, finished)) : [];
}

/** One job whose files cannot be read must not hide the others. */
function viewed(id: string, view: () => JobView): JobView[] {
  const found = orPassOver(id, view);
  return found ? [found] : [];
}

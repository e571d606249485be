import { existsSync, statSync } from 'node:fs';
import { formatDuration } from '../../domain/base/duration.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';
import type { Origin, Timestamp } from '../../domain/job/job.ts';
import type { JobState } from '../../domain/job/job-state.ts';
import { KINDS, type KindTraits } from '../../domain/job/kinds.ts';
import type { Limits } from '../../domain/job/limits.ts';
import type { OnCompleteState } from '../../domain/job/on-complete.ts';
import type { JobKind } from '../../domain/job/specs.ts';
import type { NoticeView } from '../../domain/notice/notice.ts';
import { nameOf } from '../../domain/workspace/reference.ts';
import type { IndexedJob } from '../../domain/workspace/workspace-state.ts';
import { placeOf } from '../../places/places.ts';
import { jobFiles, readThreadNote } from '../../state/job/job-directory.ts';
import { readNumber } from '../../state/job/numbers.ts';
import { onCompleteFiles, onCompleteState } from '../../state/job/on-complete-files.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import type { Usual } from '../../use-cases/jobs/former-runs.ts';
import { noticeOf } from '../../use-cases/notices/notice-of.ts';
import type { JobReading } from '../../use-cases/reading/read-job.ts';
import { failurePreview, lastProgress, logPreview } from './progress.ts';

/** A job as `--json` prints it: the keys of openai/codex-plugin-cc 1.0.5, and ours after them. */
export interface JobView {
  id: string;
  /** how people call it in its workspace: `12`; null where a version before numbers has just started it */
  number: number | null;
  /** what it was given with `--name` */
  name: string | null;
  kind: JobKind;
  kindLabel: string;
  jobClass: KindTraits['jobClass'];
  title: string;
  summary: string;
  /** `timed-out` and `lost` read `failed` here; `outcome` tells them apart */
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  phase: string;
  /** from 1, where the job waits because the workspace caps how many run at once */
  queuePosition: number | null;
  background: boolean;
  sessionId: string | null;
  threadId: string | null;
  turnId: string | null;
  /** of its worker, while it lives */
  pid: number | null;
  logFile: string;
  /** 0 where it has not begun */
  logBytes: number;
  createdAt: Timestamp;
  startedAt: Timestamp | null;
  /** null where it lives, and where nobody saw its end: `outcome.noticed` has the bounds */
  completedAt: Timestamp | null;
  updatedAt: Timestamp;
  progressPreview: string[];
  /** one line: how many failed, or why; while it lives the last one. Null where it completed, was cancelled or said nothing */
  says: string | null;
  /** how long the same command took before, while it lives; null where too few runs of it are known */
  usual: Usual | null;
  /** from its start to now, or to its end; `duration` says the same of a finished one alone */
  elapsed: string;
  duration: string | null;
  errorMessage: string | null;
  workspaceRoot: string;
  cwd: string;
  host: Origin['host'] | null;
  agentId: string | null;
  outcome: JobOutcome | null;
  /** how far the notice of its end to its session has come; null where none is owed */
  notice: NoticeView | null;
  /** what can stop it other than people, while it lives; null where it has ended */
  limits: Limits | null;
  /** what has become of its `--on-complete`; null without one */
  onComplete: (OnCompleteState & { logFile: string }) | null;
}

const STATUS_OF_ENDING: Record<JobOutcome['ending'], JobView['status']> = {
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  'timed-out': 'failed',
  lost: 'failed',
};

export function statusOfOutcome({ ending }: JobOutcome): JobView['status'] {
  return STATUS_OF_ENDING[ending];
}

export function viewOfReading(
  layout: WorkspaceLayout,
  reading: JobReading,
  { queuePosition = null, usual = null }: { queuePosition?: number | null; usual?: Usual | null } = {},
): JobView {
  const { request, claim } = reading.facts;
  const worker = claim?.kind === 'worker' ? claim.worker.pid : null;
  const viewed = view(layout, request, reading.state, worker);
  const shown = isStopped(reading, viewed.phase) ? { ...viewed, phase: 'stopped' } : viewed;
  return {
    ...shown,
    queuePosition,
    usual: viewed.outcome ? null : usual,
    limits: viewed.outcome ? null : request.limits,
    onComplete: onCompleteOf(reading.facts.directory, request.onComplete),
  };
}

/** By itself, or by whoever sent it a signal; what we have paused ourselves says so. */
function isStopped({ facts, state }: JobReading, phase: string): boolean {
  if (state.stage !== 'running' || phase === 'paused') return false;
  return placeOf(facts.request).motion(facts) === 'stopped';
}

export function viewOfFinished(layout: WorkspaceLayout, job: IndexedJob, outcome: JobOutcome): JobView {
  return view(layout, job, { stage: 'finished', enqueuedAt: job.createdAt, outcome }, null);
}

type Described = Omit<IndexedJob, 'finished'>;

function view(layout: WorkspaceLayout, job: Described, state: JobState, worker: number | null): JobView {
  const directory = jobDirectory(layout, job.id);
  const files = jobFiles(directory);
  const outcome = state.stage === 'finished' ? state.outcome : null;
  const thread = KINDS[job.kind].thread !== 'none' ? readThreadNote(directory) : null;
  const startedAt = outcome ? outcome.startedAt : 'startedAt' in state ? state.startedAt : null;
  const took =
    (outcome ? Date.parse(outcome.finishedAt) : Date.now()) - Date.parse(startedAt ?? job.createdAt);
  const { lines, says } =
    outcome?.ending === 'completed' || outcome?.ending === 'cancelled'
      ? NOTHING_SAID
      : previewOf(job, files, outcome);
  return {
    id: job.id,
    number: job.number ?? readNumber(directory) ?? null,
    name: nameOf(job),
    kind: job.kind,
    kindLabel: KINDS[job.kind].label,
    jobClass: KINDS[job.kind].jobClass,
    title: job.title,
    summary: job.summary,
    status: outcome ? STATUS_OF_ENDING[outcome.ending] : state.stage === 'queued' ? 'queued' : 'running',
    phase: phaseOf(job, state, files),
    queuePosition: null,
    background: job.background,
    sessionId: job.origin?.sessionId ?? null,
    threadId: thread?.threadId ?? null,
    turnId: thread?.turnId ?? null,
    pid: outcome ? null : worker,
    logFile: files.log,
    logBytes: statSync(files.log, { throwIfNoEntry: false })?.size ?? 0,
    createdAt: job.createdAt,
    startedAt,
    completedAt: outcome && !outcome.noticed ? outcome.finishedAt : null,
    updatedAt: outcome?.finishedAt ?? lastChange([files.progress, files.log], startedAt ?? job.createdAt),
    progressPreview: lines,
    says,
    usual: null,
    elapsed: formatDuration(took),
    duration: outcome && !outcome.noticed ? formatDuration(took) : null,
    errorMessage: outcome && outcome.ending !== 'completed' ? outcome.reason : null,
    workspaceRoot: layout.workspaceRoot,
    cwd: job.cwd,
    host: job.origin?.host ?? null,
    agentId: job.origin?.agentId ?? null,
    outcome,
    notice: noticeOf(layout, job),
    limits: null,
    onComplete: onCompleteOf(directory, undefined),
  };
}

/** A finished job's request need not be read for it: what was begun has left its mark. */
function onCompleteOf(directory: string, text: string | undefined): JobView['onComplete'] {
  const state = onCompleteState(directory);
  if (text === undefined && state.stage === 'waiting') return null;
  return { ...state, logFile: onCompleteFiles(directory).log };
}

type Files = ReturnType<typeof jobFiles>;

interface Preview {
  lines: string[];
  says: string | null;
}

const NOTHING_SAID: Preview = { lines: [], says: null };

function previewOf(job: Described, files: Files, outcome: JobOutcome | null): Preview {
  const isOutput = KINDS[job.kind].resultAs === 'output';
  if (outcome && isOutput) {
    const { lines, says } = failurePreview(files.log, job.cwd);
    return { lines, says: says ?? whyNot(outcome) };
  }
  const lines = isOutput ? logPreview(files.log) : lastProgress(files.progress).map(({ message }) => message);
  return { lines, says: outcome ? whyNot(outcome) : (lines.at(-1) ?? null) };
}

/** Its reason, where that is more than an exit status or a limit. */
function whyNot(outcome: JobOutcome): string | null {
  const isToldByStatus =
    outcome.ending === 'failed' && outcome.exitCode !== null && outcome.startedAt !== null;
  return isToldByStatus || ('limit' in outcome && outcome.limit) ? null : outcome.reason;
}

function phaseOf(job: Described, state: JobState, files: Files): string {
  switch (state.stage) {
    case 'queued':
      return 'queued';
    case 'stopping':
      return 'stopping';
    case 'running':
      if (existsSync(files.paused)) return 'paused';
      return KINDS[job.kind].resultAs === 'answer'
        ? (lastProgress(files.progress).at(-1)?.phase ?? 'starting')
        : phaseOfCommand(state);
    case 'finished': {
      const status = STATUS_OF_ENDING[state.outcome.ending];
      return status === 'completed' ? 'done' : status;
    }
  }
}

function phaseOfCommand({ leftRunning }: Extract<JobState, { stage: 'running' }>): string {
  if (leftRunning === undefined) return 'running';
  return `waiting for ${leftRunning === 1 ? '1 process' : `${leftRunning} processes`}`;
}

function lastChange(files: string[], otherwise: Timestamp): Timestamp {
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtime.toISOString() ?? '');
  return [otherwise, ...times].sort().at(-1) ?? otherwise;
}

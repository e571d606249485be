import type { JobOutcome } from '../job/evidence.ts';
import type { Timestamp } from '../job/job.ts';
import type { Way } from '../notice/notice.ts';
import { type JobEvent, NOTHING_TOLD, type Told } from './job-event.ts';
import type { IndexedJob, WorkspaceState } from './workspace-state.ts';

/**
 * What a change of the state tells. Enqueuing and ending are read off the index, so nobody can forget to tell them;
 * what only an observer sees stands in `unsaid`. A job that comes into the index finished (an import) tells nothing.
 */
export function eventsOf(before: WorkspaceState, after: WorkspaceState): JobEvent[] {
  const said = after.unsaid ?? [];
  if (before.jobs === after.jobs) return said;
  const old = new Map(before.jobs.map((job) => [job.id, job]));
  // The index has the newest first.
  const jobs = after.jobs.toReversed();
  const queued = jobs.filter((job) => !old.has(job.id) && !job.finished).map(queuedEvent);
  const ended = jobs.flatMap((job) => {
    const was = old.get(job.id);
    return was && !was.finished && job.finished ? endEvents(was, job.finished) : [];
  });
  return [...queued, ...said, ...ended];
}

function queuedEvent({ id, kind, title, summary, background, cwd, origin, createdAt }: IndexedJob): JobEvent {
  const { host = null, sessionId = null } = origin ?? {};
  return {
    at: createdAt,
    type: 'queued',
    jobId: id,
    ...{ kind, title, summary, background, cwd, host, sessionId },
  };
}

function endEvents({ id, kind, title, origin, told }: IndexedJob, outcome: JobOutcome): JobEvent[] {
  const { startedAt, finishedAt, ending } = outcome;
  const untold = startedAt !== null && !told?.started;
  const started: JobEvent[] = untold ? [{ at: startedAt, type: 'started', jobId: id }] : [];
  const sessionId = origin?.sessionId ?? null;
  return [
    ...started,
    { at: finishedAt, type: 'ended', jobId: id, kind, title, sessionId, status: ending, outcome },
  ];
}

/** What an observer saw of one live job at one moment. */
export interface Sight {
  jobId: string;
  at: Timestamp;
  startedAt: Timestamp | null;
  /** new lines of progress.jsonl, oldest first */
  phases: { at: Timestamp; phase: string; message: string; cursor: number }[];
  /** bytes */
  output: number;
  /** there were more when the observer began to look; another one may only have been faster */
  shrunk: boolean;
  /** the last sign of life of one that has been silent for too long */
  silentSince: Timestamp | null;
}

/** The state with what is new in the sight told; the same object where nothing is. */
export function withSight(state: WorkspaceState, sight: Sight): WorkspaceState {
  const job = state.jobs.find((one) => one.id === sight.jobId);
  if (!job || job.finished) return state;
  const told = job.told ?? NOTHING_TOLD;
  const { jobId, at, startedAt, output, silentSince } = sight;
  const phases = sight.phases.filter(({ cursor }) => cursor > told.progress);
  const events: JobEvent[] = phases.map((phase) => ({ type: 'phase', jobId, ...phase }));
  if (startedAt !== null && !told.started) events.unshift({ at: startedAt, type: 'started', jobId });
  const shrunk = sight.shrunk && output < told.output;
  const wrote = output > told.output || shrunk;
  if (wrote) events.push({ at, type: 'output', jobId, cursor: output, ...(shrunk ? { shrunk } : {}) });
  const alive = phases.length > 0 || wrote;
  const stalled = silentSince !== null && !alive;
  if (stalled && !told.stalled) events.push({ at, type: 'stalled', jobId, silentSince });
  if (events.length === 0) return state;
  const next: Told = {
    ...told,
    started: told.started || startedAt !== null,
    progress: phases.at(-1)?.cursor ?? told.progress,
    output: wrote ? output : told.output,
    stalled,
  };
  return withTold(state, job, next, events);
}

function withTold(state: WorkspaceState, job: IndexedJob, told: Told, events: JobEvent[]): WorkspaceState {
  const jobs = state.jobs.map((one) => (one === job ? { ...job, told } : one));
  return { ...state, jobs, unsaid: [...(state.unsaid ?? []), ...events] };
}

/** That an agent was told of a job's end. */
export interface NoticeSight {
  jobId: string;
  tellings: { number: number; at: Timestamp; sessionId: string; way: Way }[];
}

/** The same for the tellings of a finished job's notice. */
export function withNoticeSight(state: WorkspaceState, { jobId, tellings }: NoticeSight): WorkspaceState {
  const job = state.jobs.find((one) => one.id === jobId);
  const told = job?.told ?? NOTHING_TOLD;
  const fresh = tellings.filter(({ number }) => number > told.notices);
  const last = fresh.at(-1);
  if (!job?.finished || !last) return state;
  const events = fresh.map(({ at, ...telling }): JobEvent => {
    const mayRepeat = telling.number > (tellings[0]?.number ?? 1);
    return { at, type: 'notice-told', jobId, ...telling, mayRepeat };
  });
  return withTold(state, job, { ...told, notices: last.number }, events);
}

/** What the events on disk say of one job. */
export interface Recalled {
  ended: boolean;
  told: Told;
}

/** Reads told events again, oldest first: what a lost index knew of them. */
export function recall(known: Map<string, Recalled>, event: JobEvent): void {
  const { ended, told } = known.get(event.jobId) ?? { ended: false, told: NOTHING_TOLD };
  known.set(event.jobId, { ended: ended || event.type === 'ended', told: toldAfter(told, event) });
}

function toldAfter(told: Told, event: JobEvent): Told {
  switch (event.type) {
    case 'started':
      return { ...told, started: true };
    case 'phase':
      return { ...told, progress: event.cursor, stalled: false };
    case 'output':
      return { ...told, output: event.cursor, stalled: false };
    case 'stalled':
      return { ...told, stalled: true };
    case 'notice-told':
      return { ...told, notices: event.number };
    case 'queued':
    case 'ended':
      return told;
  }
}

/**
 * A rebuilt index as the events tell it: what it says beyond this has not been told yet. `complete`: no event has been
 * dropped yet, so that a live job without one is new.
 */
export function asTold(
  state: WorkspaceState,
  known: Map<string, Recalled>,
  complete: boolean,
): WorkspaceState {
  const jobs = state.jobs.flatMap((job) => {
    const recalled = known.get(job.id);
    if (!recalled) return job.finished || !complete ? [job] : [];
    if (job.finished && !recalled.ended) return [{ ...job, finished: null, told: recalled.told }];
    return [job];
  });
  return { ...state, jobs };
}

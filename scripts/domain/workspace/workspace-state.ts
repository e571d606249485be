import type { HostName } from '../base/hosts.ts';
import type { ProcessIdentity } from '../base/identity.ts';
import { compareText } from '../base/order.ts';
import type { JobOutcome } from '../job/evidence.ts';
import type { JobRequest, Origin, Timestamp } from '../job/job.ts';
import type { RetentionLimits } from '../job/retention.ts';
import type { JobKind } from '../job/specs.ts';
import type { JobEvent, Told } from './job-event.ts';

/** 1 was openai/codex-plugin-cc's. A newer one than ours is refused, every older one is imported. */
export const STATE_VERSION = 2;

/** Finished jobs that stay in state.json; older ones are in history.jsonl, all of them in jobs/. */
export const RECENT_JOBS = 50;

/** One job in the index. `finished` is null while it lives; where it stands is then told by its directory. */
export interface IndexedJob {
  id: string;
  kind: JobKind;
  title: string;
  summary: string;
  background: boolean;
  createdAt: Timestamp;
  cwd: string;
  origin: Origin | null;
  finished: JobOutcome | null;
  /** its short number in the workspace, from 1; missing where a version before numbers has just entered it */
  number?: number;
  /** where somebody follows the events */
  told?: Told;
}

export interface SessionRecord {
  host: HostName;
  id: string;
  /** the host program's process, where it could be found */
  client: ProcessIdentity | null;
  startedAt: Timestamp;
  endedAt: Timestamp | null;
}

/**
 * A broker on record; there is one for each fingerprint in use, which is one nearly always. `starting`: its starter has
 * promised to bring it up.
 */
export interface BrokerRecord {
  id: string;
  stage: 'starting' | 'ready';
  /** what it may be shared for (codex/brokering/fingerprint.ts) */
  fingerprint: string;
  starter: ProcessIdentity;
  process: ProcessIdentity | null;
  appServer: ProcessIdentity | null;
  socket: string;
  startedAt: Timestamp;
}

/** The right to keep the broker up. */
export interface Lease {
  jobId: string;
  brokerId: string;
  holder: ProcessIdentity;
  since: Timestamp;
}

export interface Settings extends RetentionLimits {
  stopReviewGate: boolean;
  /** how many Codex jobs may run at once, at least 1; null: any number. Settings from before this one have none. */
  maxParallel: number | null;
  /** a session that is over is resumed headless with the notice of its job's end */
  wakeClosedSession: boolean;
  /** the end of a background job is shown on the user's desktop */
  desktopNotifications: boolean;
  /** how long `claude -p` keeps its turn open for its jobs, at most HOLD_LIMIT_SECONDS; 0: not at all */
  holdOneShotTurnSeconds: number;
}

/** Less than the limit that hooks/hooks.json gives the Stop hook. */
export const HOLD_LIMIT_SECONDS = 3_600;

export const DEFAULT_SETTINGS: Settings = {
  stopReviewGate: false,
  maxParallel: null,
  wakeClosedSession: false,
  desktopNotifications: false,
  holdOneShotTurnSeconds: 0,
  keepDays: 30,
  keepBytes: 2 * 1024 ** 3,
};

/** What all hooks, commands, workers and the broker of one workspace share. Unknown fields are carried along. */
export interface WorkspaceState {
  version: typeof STATE_VERSION;
  workspaceRoot: string;
  config: Settings;
  sessions: SessionRecord[];
  jobs: IndexedJob[];
  brokers: BrokerRecord[];
  leases: Lease[];
  /** the highest number that a job has been given; missing where none has */
  lastNumber?: number;
  /** how many bytes of events are committed; what lies beyond does not exist */
  events: { end: number };
  /** records that name what only a newer version knows (a host, a kind of job): never looked into, and stored as they were */
  withheld?: Withheld;
  /** events that the update which gets this state is to tell; never stored */
  unsaid?: JobEvent[];
}

export interface Withheld {
  sessions: unknown[];
  jobs: unknown[];
  /** what the first of them names, for people */
  why: string;
}

/** The state as it stands in the file, the withheld records back in their lists. */
export function toStored({ withheld, unsaid: _, ...state }: WorkspaceState): object {
  if (!withheld) return state;
  const { sessions, jobs } = withheld;
  return { ...state, sessions: [...state.sessions, ...sessions], jobs: [...state.jobs, ...jobs] };
}

export function emptyState(workspaceRoot: string): WorkspaceState {
  return {
    version: STATE_VERSION,
    workspaceRoot,
    config: DEFAULT_SETTINGS,
    sessions: [],
    jobs: [],
    brokers: [],
    leases: [],
    events: { end: 0 },
  };
}

/** The index entry of a request: everything in it can be had again from `request.json`. */
export function indexEntry(request: JobRequest): IndexedJob {
  const { id, kind, title, summary, background, createdAt, cwd, origin } = request;
  return { id, kind, title, summary, background, createdAt, cwd, origin, finished: null };
}

export function withJob(state: WorkspaceState, job: IndexedJob): WorkspaceState {
  return { ...state, jobs: [job, ...state.jobs.filter((other) => other.id !== job.id)] };
}

/** Marks the end in the index, drops the job's lease, and lets the oldest finished ones go to the history alone. */
export function withFinishedJob(state: WorkspaceState, id: string, outcome: JobOutcome): WorkspaceState {
  const jobs = state.jobs.map((job) => (job.id === id && !job.finished ? finished(job, outcome) : job));
  return {
    ...state,
    jobs: capFinished(jobs, id),
    leases: state.leases.filter((lease) => lease.jobId !== id),
  };
}

/** What followers were told matters while the job lives. */
function finished({ told: _, ...job }: IndexedJob, outcome: JobOutcome): IndexedJob {
  return { ...job, finished: outcome };
}

/** The one that has just been entered stays, however long ago it ended: the history gets its line from the index. */
function capFinished(jobs: IndexedJob[], entered: string): IndexedJob[] {
  const finished = jobs.filter((job) => job.finished && job.id !== entered).sort(newestEndFirst);
  const dropped = new Set(finished.slice(RECENT_JOBS - 1).map((job) => job.id));
  return dropped.size === 0 ? jobs : jobs.filter((job) => !dropped.has(job.id));
}

function newestEndFirst(a: IndexedJob, b: IndexedJob): number {
  return compareText(b.finished?.finishedAt ?? '', a.finished?.finishedAt ?? '');
}

/** Of a session whose client nobody can see the end is never seen: the list would grow for ever. */
const SESSIONS_LIMIT = 100;

/** As the latest one; the earliest go where they are too many. */
export function withSession(state: WorkspaceState, session: SessionRecord): WorkspaceState {
  const others = state.sessions.filter((other) => !(other.host === session.host && other.id === session.id));
  return { ...state, sessions: [...others, session].slice(-SESSIONS_LIMIT) };
}

/** A plain name: a path is made of it. */
const PLAIN_NAME = /^[a-z][a-z0-9-]{0,99}$/;

/** Of the jobs that only a newer version knows, those whose id names a directory here. */
export function withheldJobIds({ withheld }: WorkspaceState): string[] {
  return (withheld?.jobs ?? []).flatMap((job) => {
    const { id } = job as { id?: unknown };
    return typeof id === 'string' && PLAIN_NAME.test(id) ? [id] : [];
  });
}

export function liveJobs(state: WorkspaceState): IndexedJob[] {
  return state.jobs.filter((job) => !job.finished);
}

import type { ProcessIdentity } from '../base/identity.ts';

export const JOB_KINDS = ['task', 'review', 'adversarial-review', 'run'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** ISO 8601, UTC, milliseconds. */
export type Timestamp = string;

export type HostName = 'claude-code' | 'codex';

/** Whose job it is: stamped at enqueue, never changed. */
export interface Origin {
  host: HostName;
  sessionId: string;
  /** the host program's process, where it could be found: its death ends the session even if no hook says so */
  client: ProcessIdentity | null;
  /** set where a hook told us that a subagent asked */
  agentId?: string;
}

/** Limits travel with the job; seconds, 0 for none. */
export interface Limits {
  deadlineSeconds: number;
  stallSeconds: number;
}

export interface TaskSpec {
  prompt: string;
  write: boolean;
  model: string | null;
  effort: string | null;
  /** the thread to continue, or null for a new one */
  resumeThreadId: string | null;
}

/** What a review looks at, with the keys that openai/codex-plugin-cc 1.0.5 prints. */
export interface ReviewTarget {
  mode: 'working-tree' | 'branch';
  label: string;
  baseRef?: string;
  explicit: boolean;
}

export interface ReviewSpec {
  target: ReviewTarget;
  model: string | null;
  focus: string;
}

export interface RunSpec {
  /** byte for byte what was asked for; never joined into a shell text */
  argv: string[];
  /** the file that it reads from, absolute; missing: /dev/null */
  stdin?: string;
  /** what becomes of processes that are still there when the command has ended; missing: `leave` */
  leftovers?: Leftovers;
  /** bytes of output at which it is stopped; missing: none */
  outputLimit?: number;
  /** in a systemd scope of its own */
  scope?: boolean;
}

/** `wait`: the job ends when they have; `stop`: they are stopped. */
export const LEFTOVERS = ['leave', 'wait', 'stop'] as const;
export type Leftovers = (typeof LEFTOVERS)[number];

/** What a job can be stopped by, other than people: see `Limits` and `RunSpec`. */
export const LIMITS = ['deadline', 'stall', 'output'] as const;
export type Limit = (typeof LIMITS)[number];

interface RequestBase {
  version: 1;
  id: string;
  title: string;
  summary: string;
  /** true: outlives its session. Stays on the record from queued to finished. */
  background: boolean;
  createdAt: Timestamp;
  workspaceRoot: string;
  cwd: string;
  origin: Origin | null;
  limits: Limits;
  /** the user's own shell text, to be run once when the job has its outcome */
  onComplete?: string;
  /** the process that enqueued it; a job without a claim whose enqueuer and worker are dead never started */
  enqueuedBy: ProcessIdentity;
  /** the node that started it, and the directory of the bundles that it runs from */
  node: string;
  runtime: string;
  /** only on a finished job of another program; `enqueuedBy`, `node` and `runtime` are then those of the import */
  imported?: ImportNote;
}

export interface ImportNote {
  /** the program that did the job */
  from: string;
  at: Timestamp;
  /** fields of this request that it did not keep: they stand empty, or at their default */
  notRecorded: string[];
}

/** Everything that is needed to do the job, and nothing of the caller's environment. The file `request.json`. */
export type JobRequest = RequestBase &
  (
    | { kind: 'task'; spec: TaskSpec }
    | { kind: 'review'; spec: ReviewSpec }
    | { kind: 'adversarial-review'; spec: ReviewSpec }
    | { kind: 'run'; spec: RunSpec }
  );

/** Who asked for the end of a job. The file `stop`, written before anyone is signalled. */
export interface StopRequest {
  kind: 'user' | 'session-end' | 'limit';
  /** a sentence for people: who, or which limit */
  by: string;
  at: Timestamp;
  limit?: Limit;
}

/** `run-…`, `task-…`, `review-…`: unique on the machine. */
export const JOB_ID = /^(?:task|review|run)-[a-z0-9]{4,16}-[a-z0-9]{4,16}$/;

const PREFIX: Record<JobKind, string> = {
  task: 'task',
  review: 'review',
  'adversarial-review': 'review',
  run: 'run',
};

/** `random`: at least 40 bits, as lower-case base 36. */
export function jobId(kind: JobKind, now: number, random: string): string {
  return `${PREFIX[kind]}-${now.toString(36)}-${random}`;
}

export function isCodexKind(kind: JobKind): boolean {
  return kind !== 'run';
}

export function leftoversOf(request: JobRequest): Leftovers {
  return request.kind === 'run' ? (request.spec.leftovers ?? 'leave') : 'leave';
}

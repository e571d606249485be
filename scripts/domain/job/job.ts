import type { HostName } from '../base/hosts.ts';
import type { ProcessIdentity } from '../base/identity.ts';
import type { Limit, Limits } from './limits.ts';
import type { PlaceName } from './place.ts';
import type { JobKind, Specs } from './specs.ts';

/** ISO 8601, UTC, milliseconds. */
export type Timestamp = string;

/** Whose job it is: stamped at enqueue, never changed. */
export interface Origin {
  host: HostName;
  sessionId: string;
  /** the host program's process, where it could be found: its death ends the session even if no hook says so */
  client: ProcessIdentity | null;
  /** set where a hook told us that a subagent asked */
  agentId?: string;
}

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
  /** where it runs; in the request of an older release, `spec.scope` says so */
  place: PlaceName;
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
export type JobRequest = { [K in JobKind]: RequestBase & { kind: K; spec: Specs[K] } }[JobKind];

/** Who asked for the end of a job. The file `stop`, written before anyone is signalled. */
export interface StopRequest {
  kind: 'user' | 'session-end' | 'limit';
  /** a sentence for people: who, or which limit */
  by: string;
  at: Timestamp;
  limit?: Limit;
}

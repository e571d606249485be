import type { Liveness, ProcessIdentity } from '../domain/base/identity.ts';
import type {
  ContinueResult,
  JobProcess,
  PauseResult,
  StopManner,
  StopResult,
} from '../domain/job/processes.ts';
import type { JobFacts } from '../state/job/job-directory.ts';

/** The process that is to see a job to its end, as a place starts it. */
export interface Start {
  jobId: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** canonical root of the job's workspace, whose own programs are not taken for the system's */
  workspace: string;
  /** gets its stdout and stderr, appended */
  log: string;
  /** a descriptor of ours; without it stdin is /dev/null */
  input?: number;
}

/** Why no job can be started at a place, and what to do about it. */
export interface Obstacle {
  sentence: string;
  hint: string;
}

/** What can be said of a job's recorder without asking anybody who may take his time. */
export interface Sight {
  /** of the worker that has claimed the job, else of the one that was started for it; `none`: neither is known */
  recorder: Liveness | 'none';
}

/** Asked of a running job, for display. */
export type Motion = 'moving' | 'stopped';

/**
 * Where a job runs. It starts the process that sees the job to its end, sees it, and stops what the job has started. The
 * truth about the job's end is not its affair: that stands in the job's own files, wherever it runs.
 */
export interface Place {
  /** false: nothing can be paused there, and `pause` says so */
  readonly pauses: boolean;
  /** its programs and files are those that we see */
  readonly isHere: boolean;
  /** null where a job can be started. Tried rather than looked up. */
  obstacle(environment: Record<string, string>, workspace: string): Promise<Obstacle | null>;
  /** Throws the system's error where it cannot be started. */
  start(start: Start): Promise<ProcessIdentity>;
  /** Synchronous, because a reading of a job is: a place that has to ask others answers from what it has noted. */
  sight(job: JobFacts): Sight;
  /** `stopped`: nothing of its command can go on, as those of its processes that do the work are stopped (SIGSTOP, SIGTTOU), by whomever */
  motion(job: JobFacts): Motion;
  /** Every process of the job that lives now, the recorder apart. */
  processes(job: JobFacts): JobProcess[];
  stop(job: JobFacts, manner: StopManner): Promise<StopResult>;
  /** Ends the recorder itself, which hangs. */
  endRecorder(job: JobFacts): void;
  pause(job: JobFacts): Promise<PauseResult>;
  /** `before`: those that stay as they are */
  resume(job: JobFacts, before: Pick<JobProcess, 'pid' | 'start'>[]): ContinueResult;
}

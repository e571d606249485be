import type { JobOutcome } from '../../../domain/job/evidence.ts';
import type { JobRequest } from '../../../domain/job/job.ts';
import type { Environment } from '../../../process/environment.ts';
import type { JobFacts } from '../../../state/job/job-directory.ts';
import type { WorkspaceLayout } from '../../../state/layout.ts';

/** A job that has ended, its outcome committed. */
export interface JobEnd {
  layout: WorkspaceLayout;
  request: JobRequest;
  facts: JobFacts;
  outcome: JobOutcome;
  /** of the process that saw it end */
  environment: Environment;
}

/**
 * One way in which somebody learns that a job has ended. It is begun by whoever settles the job, and may be begun again by
 * anybody: each way sees to it by itself that nobody is told twice. None may fail the end, which stands.
 */
export interface NoticeWay {
  readonly name: string;
  /**
   * Does what takes no time, or starts a process of its own (notices/tellers/) that nobody waits for; nothing where the way is
   * closed for this job.
   */
  begin(end: JobEnd): void | Promise<void>;
}

import { jobDirectory } from '../../state/layout.ts';
import { Alarm } from '../reading/alarm.ts';
import type { FoundJob } from '../reading/find-job.ts';
import type { JobReading } from '../reading/read-job.ts';
import { readOrEnd } from './end-unreadable.ts';

/** File events tell at once; where they do not exist (network file systems) or the worker was killed, this does. */
const POLL_MS = 500;

export interface WaitOptions {
  /** milliseconds; undefined: without limit */
  timeoutMs?: number;
  /** return when the first one has ended, not when all have */
  any?: boolean;
  /** called whenever something in the job's directory has changed, and at every poll */
  onChange?: () => void;
  /** asked after that; true: return now, whether or not any job has ended */
  enough?: () => boolean;
}

export interface WaitResult {
  readings: JobReading[];
  timedOut: boolean;
}

/**
 * Returns at the moment the jobs end: pushed by the file system, not polled. Waiting is not owning. The outcome is
 * committed by then; the index is left to the job's own last step, to which the lock belongs at this moment.
 */
export async function waitForJobs(jobs: FoundJob[], options: WaitOptions = {}): Promise<WaitResult> {
  const look = async () => {
    const readings: JobReading[] = [];
    for (const job of jobs) readings.push(await readOrEnd(job));
    return readings;
  };
  const enough = (readings: JobReading[]) => {
    const ended = readings.filter((one) => one.facts.outcome).length;
    return options.any ? ended > 0 || readings.length === 0 : ended === readings.length;
  };
  // Watching starts before the first look, so that no end falls between them.
  const alarm = new Alarm(jobs.map((job) => jobDirectory(job.layout, job.id)));
  const end = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeoutMs;
  try {
    for (;;) {
      options.onChange?.();
      const readings = await look();
      const done = enough(readings);
      // What was written before the end is there now.
      if (done || Date.now() >= end) options.onChange?.();
      if (done || options.enough?.()) return { readings, timedOut: false };
      if (Date.now() >= end) return { readings, timedOut: true };
      await alarm.rings(Math.min(POLL_MS, end - Date.now()));
    }
  } finally {
    alarm.close();
  }
}

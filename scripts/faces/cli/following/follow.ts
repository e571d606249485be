import { KINDS } from '../../../domain/job/kinds.ts';
import type { JobKind } from '../../../domain/job/specs.ts';
import { jobFiles } from '../../../state/job/job-directory.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import type { JobReading } from '../../../use-cases/reading/read-job.ts';
import { ProgressReader } from '../../views/progress.ts';
import type { Call } from '../command.ts';
import { LogPump } from './log-pump.ts';

/**
 * Waits for a job's end while showing what it does: a shell command's output on stdout from its first byte, a Codex
 * job's progress on stderr. With `--json` nothing is shown.
 */
export async function followJob(call: Call, job: FoundJob, kind: JobKind): Promise<JobReading> {
  const files = jobFiles(jobDirectory(job.layout, job.id));
  if (call.out.json) return untilEnd(job, () => {});
  if (KINDS[kind].resultAs === 'answer') {
    const progress = new ProgressReader(files.progress);
    return untilEnd(job, () => {
      for (const { phase, message } of progress.next()) call.out.talk(`[${phase}] ${message}`);
    });
  }
  const pump = new LogPump(files.log, { onShrunk: () => tellShrunk(call, job) });
  const reading = await untilEnd(job, () => pump.wake());
  await pump.drain();
  return reading;
}

export function tellShrunk({ out }: Call, { id }: FoundJob): void {
  out.talk(`The log of ${id} is shorter than before: it was emptied. It is shown from its start again.`);
}

async function untilEnd(job: FoundJob, onChange: () => void): Promise<JobReading> {
  const { readings } = await waitForJobs([job], { onChange });
  const [reading] = readings;
  if (!reading) throw new Error(`${job.id} was waited for and not read`);
  return reading;
}

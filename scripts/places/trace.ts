import type { ProcessIdentity } from '../domain/base/identity.ts';
import { isShellJob } from '../domain/job/kinds.ts';
import type { JobTrace } from '../process/job/find.ts';
import { type JobFacts, jobFiles } from '../state/job/job-directory.ts';
import { readStopper } from '../state/job/stop-files.ts';

/** What is known of the job's processes, for finding and sparing them. */
export function traceOf(facts: JobFacts): JobTrace {
  const worker = facts.claim?.kind === 'worker' ? facts.claim.worker : null;
  const { request, directory, command: leader } = facts;
  const known = { jobId: request.id, leader, spared: worker };
  if (!isShellJob(request)) return { ...known, log: null };
  const { log } = jobFiles(directory);
  return {
    ...known,
    ...{ log, known: foundBefore(directory) },
  };
}

/** By the latest stop that was carried out, whatever became of who did that. */
function foundBefore(directory: string): ProcessIdentity[] {
  const stopper = readStopper(directory);
  return stopper?.found.map((one) => ({ ...stopper.process, ...one })) ?? [];
}

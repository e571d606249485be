import { CompanionError } from '../../../domain/base/errors.ts';
import { readPaused } from '../../../state/job/stop-files.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { resume as resumeJob } from '../../../use-cases/jobs/pause.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { orPassOver } from '../../../use-cases/reading/one-of-many.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { liveJobs, onlyJob } from '../input/find.ts';
import { tellPause } from '../render/pause.ts';

export const resume: Command = {
  options: {},
  rest: 'words',
  help: `Lets a paused job go on. (To continue a conversation with Codex: task --resume.)

Usage: codex-companion resume [job]

${COMMON_HELP}

Without a job: the only paused one of your session; in a plain terminal, of the workspace. What the job itself had
stopped before the pause stays stopped.
Exit status: 0 it goes on, 3 it is not paused, 6 something of it stays stopped (listed with the reason).

Example:
  codex-companion resume run-mi9x
`,
  async run(call) {
    const job = await pausedJob(call);
    const { resumed, left, reading } = await resumeJob(job);
    const { id: jobId, title } = reading.facts.request;
    return tellPause(call, {
      payload: {
        jobId,
        status: 'running',
        phase: left.length === 0 ? 'running' : 'paused',
        title,
        resumed,
        left,
      },
      lists: { done: 'Resumed', processes: resumed, left },
      text: left.length === 0 ? `${jobId} goes on.` : `${jobId} goes on in part.`,
      next: call.out.command('status', jobId),
    });
  },
};

/** Where none is paused, it does not say that none is running. */
async function pausedJob(call: Call): Promise<FoundJob> {
  const isPaused = ({ id, layout }: FoundJob) =>
    orPassOver(id, () => readPaused(jobDirectory(layout, id)) !== null) ?? false;
  if (call.words.length > 0 || (await liveJobs(call)).own.some(isPaused)) return onlyJob(call, isPaused);
  throw new CompanionError('unknown-job', 'No job is paused here.', { hint: 'codex-companion status' });
}

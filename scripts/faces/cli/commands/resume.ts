import { CompanionError } from '../../../domain/base/errors.ts';
import { placeOf } from '../../../places/places.ts';
import { readPaused } from '../../../state/job/stop-files.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { resume as resumeJob } from '../../../use-cases/jobs/pause.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { orPassOver } from '../../../use-cases/reading/one-of-many.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { liveJobs, onlyJob } from '../input/find.ts';
import { tellPause } from '../render/pause.ts';
import { spoken } from '../render/spoken.ts';

export const resume: Command = {
  options: {},
  rest: 'words',
  words: 'live-jobs',
  refusesEmpty: true,
  help: `Lets a paused job go on, or one that has stopped itself (phase stopped). To continue a conversation with Codex:
codex-companion task --resume.

Usage: codex-companion resume [job]

${COMMON_HELP}

Without a job: the only one that stands still of your session; in a plain terminal, of the workspace. What the job
itself had stopped before the pause stays stopped.
Exit status: 0 it goes on, 3 nothing of it stands still, 6 something of it stays stopped (listed with the reason).

Example:
  codex-companion resume run-mi9x
`,
  async run(call) {
    const job = await pausedJob(call);
    const { resumed, left, reading } = await resumeJob(job);
    const { id: jobId, title } = reading.facts.request;
    const who = spoken(call.out, reading.facts);
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
      text: left.length === 0 ? `${who} goes on.` : `${who} goes on in part.`,
      next: call.out.command('status', jobId),
    });
  },
};

function standsStill({ layout, id }: FoundJob): boolean {
  if (readPaused(jobDirectory(layout, id)) !== null) return true;
  const { facts } = readJob(layout, id);
  return placeOf(facts.request).motion(facts) === 'stopped';
}

/** Where none stands still, it does not say that none is running. */
async function pausedJob(call: Call): Promise<FoundJob> {
  const isPaused = (job: FoundJob) => orPassOver(job.id, () => standsStill(job)) ?? false;
  if (call.words.length > 0 || (await liveJobs(call)).own.some(isPaused)) return onlyJob(call, isPaused);
  throw new CompanionError('unknown-job', 'No job is paused here.', { hint: 'codex-companion status' });
}

import { CompanionError } from '../../../domain/base/errors.ts';
import { survey } from '../../../use-cases/jobs/survey.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { type JobReading, readJob } from '../../../use-cases/reading/read-job.ts';
import { type JobView, viewOfReading } from '../../views/job-view.ts';
import { workspaceStatus } from '../../views/workspace-status.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP, FRAMED_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_TIMED_OUT } from '../exit-codes.ts';
import { whileWaiting } from '../following/waiter.ts';
import { namedJob } from '../input/find.ts';
import { renderJob } from '../render/job.ts';
import { renderStatus } from '../render/status.ts';

/** As in 1.0.5. */
const DEFAULT_TIMEOUT_MS = 240_000;

export const status: Command = {
  options: {
    all: { takes: 'nothing' },
    wait: { takes: 'nothing' },
    'timeout-ms': { takes: 'value' },
    'poll-interval-ms': { takes: 'value' },
    framed: { takes: 'nothing' },
  },
  rest: 'words',
  help: `Shows what runs and what has ended in the workspace, your session's jobs first; or one job.

Usage: codex-companion status [job] [options]

  --all                    all finished jobs that are listed, not only the latest 8
  --wait                   with a job: wait for its end, then show it
  --timeout-ms N           wait that long at most (default ${DEFAULT_TIMEOUT_MS}); then exit with 124, the job goes on
  --poll-interval-ms N     accepted for 1.0.5's sake: the wait is told of the end, it does not poll
${FRAMED_HELP}
${COMMON_HELP}

Examples:
  codex-companion status
  codex-companion status task-mi9x --wait
`,
  async run(call) {
    const timeoutMs = call.options.count('timeout-ms') || DEFAULT_TIMEOUT_MS;
    call.options.count('poll-interval-ms');
    if (call.options.has('wait')) return waitAndShow(call, timeoutMs);
    if (call.words.length > 0) {
      const job = await namedJob(call, 'any');
      return show(call, job, readJob(job.layout, job.id), {});
    }
    const found = await workspaceStatus(call.context.layout, call.origin(), call.options.has('all'));
    call.out.answer(found, () => renderStatus(found, call.out));
    return EXIT_DONE;
  },
};

async function waitAndShow(call: Call, timeoutMs: number): Promise<number> {
  if (call.words.length === 0)
    throw new CompanionError('usage', 'status --wait needs a job.', { hint: 'codex-companion wait' });
  const job = await namedJob(call, 'any');
  const { readings, timedOut } = await whileWaiting(call, [job], () => waitForJobs([job], { timeoutMs }));
  const reading = readings[0] ?? readJob(job.layout, job.id);
  await show(call, job, reading, { waitTimedOut: timedOut, timeoutMs });
  return timedOut ? EXIT_TIMED_OUT : EXIT_DONE;
}

async function show(call: Call, job: FoundJob, reading: JobReading, waited: object): Promise<number> {
  const view = await viewOf(job, reading);
  call.out.answer({ workspaceRoot: job.layout.workspaceRoot, job: view, ...waited }, () =>
    renderJob(view, call.out),
  );
  return EXIT_DONE;
}

/** Where a queued job stands among the others takes a look at these. */
async function viewOf({ id, layout }: FoundJob, reading: JobReading): Promise<JobView> {
  if (reading.state.stage !== 'queued') return viewOfReading(layout, reading);
  return viewOfReading(layout, reading, (await survey(layout)).queue.get(id));
}

import type { JobOutcome } from '../../../domain/job/evidence.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import type { JobReading } from '../../../use-cases/reading/read-job.ts';
import { viewOfReading } from '../../views/job-view.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_JOB_NOT_COMPLETED, EXIT_TIMED_OUT } from '../exit-codes.ts';
import { exitFor, lastWord } from '../following/foreground-result.ts';
import { whileWaiting } from '../following/waiter.ts';
import { namedJobs } from '../input/find.ts';

export const wait: Command = {
  options: { any: { takes: 'nothing' }, timeout: { takes: 'value' }, 'exit-code': { takes: 'value' } },
  rest: 'words',
  help: `Waits until jobs have ended, and returns at that moment. Waiting owns nothing: end it, and the jobs go on.

Usage: codex-companion wait [job…] [options]

  --any                    return when the first of them has ended
  --timeout D              give up after D (90s, 15m, 2h) with status 124; the jobs go on
  --exit-code=outcome      exit by the table also for a single run job
${COMMON_HELP}

Without a job: all live ones of your session, which it names on stderr; in a plain terminal, of the workspace.
Exit status: 0 all of them completed, 1 otherwise; for a single run job that command's own status.

Examples:
  codex-companion wait
  codex-companion wait run-mi9x4k2c-8f3k --timeout 10m
  codex-companion wait task-mi9 run-mi9 --any
`,
  async run(call) {
    call.options.oneOf('exit-code', ['command', 'outcome']);
    const seconds = call.options.duration('timeout');
    const jobs = await namedJobs(call);
    const limits = {
      any: call.options.has('any'),
      ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    };
    const { readings, timedOut } = await whileWaiting(call, jobs, () => waitForJobs(jobs, limits));
    tell(call, jobs, readings, timedOut);
    for (const reading of readings) markRead(call.context.root, reading, call.origin);
    return timedOut ? EXIT_TIMED_OUT : exitOf(call, readings);
  },
};

function tell(call: Call, jobs: FoundJob[], readings: JobReading[], timedOut: boolean): void {
  const views = readings.flatMap((reading, index) => {
    const layout = jobs[index]?.layout;
    return layout ? [viewOfReading(layout, reading)] : [];
  });
  call.out.answer({ jobs: views, timedOut }, () =>
    readings
      .map(({ facts, state }) =>
        facts.outcome ? lastWord(facts.request.id, facts.outcome) : `${facts.request.id} is ${state.stage}`,
      )
      .map((line) => `${line}\n`)
      .join(''),
  );
  if (timedOut) call.out.talk('The wait timed out; the jobs go on.');
}

function exitOf(call: Call, readings: JobReading[]): number {
  const ended = readings.flatMap(({ facts }) => (facts.outcome ? [{ facts, outcome: facts.outcome }] : []));
  const [only] = ended;
  if (only && readings.length === 1) return exitFor(call, only.facts.request.kind, only.outcome);
  return ended.every(({ outcome }) => isCompleted(outcome)) ? EXIT_DONE : EXIT_JOB_NOT_COMPLETED;
}

function isCompleted(outcome: JobOutcome): boolean {
  return outcome.ending === 'completed';
}

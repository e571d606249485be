import { CompanionError } from '../../../domain/base/errors.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import type { Manner } from '../../../use-cases/jobs/cancel.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { orPassOver, saysNothing } from '../../../use-cases/reading/one-of-many.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { liveJobs, namedJobs, onlyJob } from '../input/find.ts';
import { endingSignal } from '../input/signal-name.ts';
import { noteRead, orError, stopJob } from '../render/cancel.ts';

export const cancel: Command = {
  options: {
    all: { takes: 'nothing' },
    signal: { takes: 'value', also: ['-s'], values: ['TERM', 'INT', 'HUP', 'QUIT', 'KILL'] },
    grace: { takes: 'value' },
  },
  rest: 'words',
  words: 'live-jobs',
  refusesEmpty: true,
  help: `Stops jobs with all their processes, and proves it: asks first, kills after a few seconds, and lists what it
stopped and what is left. Of a job that has ended, it stops what that has left running.

Usage: codex-companion cancel [job…] [options]
       codex-companion cancel --all [options]

  --all                    every live job of your session; in a plain terminal, of the workspace
  --signal S               ask with S (INT, SIGQUIT, 1, …) instead of TERM; what is still there after the grace is
                           killed all the same. KILL: kills at once
  --grace D                how long to wait before that (5s; 0 for not at all)
${COMMON_HELP}

Without a job: the only live one of your session; in a plain terminal, of the workspace. Where there are several it
stops none and lists them; another session's job has to be named.
A Codex job's turn is interrupted; --signal and --grace are for shell commands.
Exit status: 0 done, 3 nothing to stop (it had ended, and nothing of it was running), 6 something is left (a job still
reads running then). Of several jobs the highest counts.

Examples:
  codex-companion cancel task-mi9x4k2c-8f3k
  codex-companion cancel --signal INT --grace 30s run-mi9x
  codex-companion cancel --all
`,
  async run(call) {
    const manner = mannerOf(call);
    const jobs = await chosenJobs(call);
    if (Object.values(manner).some((value) => value !== undefined)) refuseForTurns(call, jobs);
    const [only, ...more] = jobs;
    if (only && more.length === 0 && !call.options.has('all')) {
      const report = await stopJob(call, only, manner);
      if (report.error) throw report.error;
      call.out.answer(report.payload, () => report.text);
      noteRead(call, report);
      return report.exit;
    }
    const reports = await Promise.all(jobs.map((job) => orError(job, () => stopJob(call, job, manner))));
    call.out.answer({ jobs: reports.map(({ payload }) => payload) }, () =>
      reports.map(({ text }) => text).join(''),
    );
    for (const report of reports) noteRead(call, report);
    return Math.max(...reports.map(({ exit }) => exit));
  },
};

function mannerOf({ options }: Call): Manner {
  const seconds = options.duration('grace');
  return { signal: endingSignal(options), graceMs: seconds === undefined ? undefined : seconds * 1000 };
}

/** All that are named are looked up before the first one is stopped. */
async function chosenJobs(call: Call): Promise<FoundJob[]> {
  if (!call.options.has('all')) {
    if (call.words.length > 1) return namedJobs(call);
    return [await onlyJob(call)];
  }
  if (call.words.length > 0)
    throw new CompanionError('usage', 'cancel takes jobs or --all, not both.', {
      hint: 'codex-companion cancel --help',
    });
  const { own, others } = await liveJobs(call);
  const elsewhere =
    others.length === 0 ? '' : ` of this session; others have ${others.map(({ id }) => id).join(', ')}`;
  if (own.length === 0)
    throw new CompanionError('unknown-job', `There is no running job${elsewhere}.`, {
      hint: 'codex-companion status',
    });
  if (others.length > 0)
    call.out.talk(`Jobs of other sessions are left alone: ${others.map(({ id }) => id).join(', ')}.`);
  return own;
}

function refuseForTurns(call: Call, jobs: FoundJob[]): void {
  if (call.options.has('all')) return;
  const codex = jobs.find(isInterrupted);
  if (!codex) return;
  throw new CompanionError('usage', `${codex.id} is a Codex job: its turn is interrupted, by no signal.`, {
    hint: call.out.command('cancel', codex.id),
  });
}

function isInterrupted({ layout, id }: FoundJob): boolean {
  // One that cannot be read is stopped by signals, whatever it is.
  const kind = orPassOver(id, () => readJob(layout, id).facts.request.kind, saysNothing);
  return kind !== undefined && KINDS[kind].cancelsBy === 'interrupt';
}

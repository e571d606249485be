import type { JobOutcome } from '../../../domain/job/evidence.ts';
import { jobFiles } from '../../../state/job/job-directory.ts';
import { jobDirectory } from '../../../state/layout.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { type JobReading, readJob } from '../../../use-cases/reading/read-job.ts';
import { type JobView, viewOfReading } from '../../views/job-view.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP, FRAMED_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_JOB_NOT_COMPLETED, EXIT_TIMED_OUT } from '../exit-codes.ts';
import { exitFor, lastWord } from '../following/foreground-result.ts';
import { LineSearch, patternOf } from '../following/line-search.ts';
import { whileWaiting } from '../following/waiter.ts';
import { latest, namedJobs } from '../input/find.ts';
import { spoken } from '../render/spoken.ts';

export const wait: Command = {
  options: {
    any: { takes: 'nothing' },
    for: { takes: 'value' },
    timeout: { takes: 'value' },
    'exit-code': { takes: 'value', values: ['outcome'] },
    framed: { takes: 'nothing' },
  },
  rest: 'words',
  words: 'live-jobs',
  help: `Waits until jobs have ended, and returns at that moment. Waiting owns nothing: end it, and the jobs go on.

Usage: codex-companion wait [job…] [options]

  --any                    return when the first of them has ended
  --for REGEX              return when a line of the output of one of them matches (JavaScript's syntax; the line as
                           logs shows it), also one that is there already
  --timeout D              give up after D (90s, 15m, 2h) with status 124; the jobs go on
  --exit-code=outcome      exit by the table also for a single run job
${FRAMED_HELP}
${COMMON_HELP}

Without a job: all live ones of your session, which it names on stderr; in a plain terminal, of the workspace. Where
nothing is running it names the last job that ended, and exits 0.
Exit status: 0 all of them completed, 1 otherwise; for a single run job that command's own status.
With --for: 0 a line has matched, 1 they have ended and none has, 124 timed out.

Examples:
  codex-companion wait
  codex-companion wait run-mi9x4k2c-8f3k --timeout 10m
  codex-companion wait task-mi9 run-mi9 --any
  codex-companion wait run-mi9 --for 'listening on port \\d+' --timeout 1m
`,
  async run(call) {
    call.options.oneOf('exit-code', ['command', 'outcome']);
    const seconds = call.options.duration('timeout');
    const pattern = call.options.text('for');
    const wanted = pattern === undefined ? undefined : patternOf('for', pattern);
    const named = await namedJobs(call);
    if (named.length === 0 && !wanted) return nothingToWaitFor(call);
    const jobs = named.length > 0 ? named : [await latest(call, 'any')];
    if (wanted) return waitForLine(call, jobs, wanted, seconds);
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

/** Waiting for nothing succeeds; whose end it was is said all the same, because it may have been a moment ago. */
async function nothingToWaitFor(call: Call): Promise<number> {
  const job = await latest(call, 'finished');
  const reading = readJob(job.layout, job.id);
  call.out.answer(
    { jobs: viewsOf([job], [reading]), timedOut: false, nothingRunning: true },
    () => `Nothing is running here. The last job that ended: ${standingOf(call, reading)}.\n`,
  );
  markRead(call.context.root, reading, call.origin);
  return EXIT_DONE;
}

/** The jobs' end is not told by this: whoever waits for a line has not seen it. */
async function waitForLine(
  call: Call,
  jobs: FoundJob[],
  wanted: RegExp,
  seconds: number | undefined,
): Promise<number> {
  const searches = jobs.map(({ id, layout }) => ({
    id,
    search: new LineSearch(jobFiles(jobDirectory(layout, id)).log, wanted),
  }));
  const found = () => searches.find(({ search }) => search.look());
  const { readings, timedOut } = await whileWaiting(call, jobs, () =>
    waitForJobs(jobs, {
      enough: () => found() !== undefined,
      ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    }),
  );
  const one = found();
  const match = one?.search.found;
  const matched = match ? { jobId: one.id, line: match.line, cursor: match.end } : null;
  call.out.answer({ jobs: viewsOf(jobs, readings), timedOut: timedOut && !matched, matched }, () =>
    matched ? [`${matched.jobId}: `, { written: `${matched.line}\n` }] : '',
  );
  if (matched) return EXIT_DONE;
  call.out.talk(
    timedOut ? TIMED_OUT : `No line matched: ${readings.map((one) => standingOf(call, one)).join('; ')}.`,
  );
  return timedOut ? EXIT_TIMED_OUT : EXIT_JOB_NOT_COMPLETED;
}

const TIMED_OUT = 'The wait timed out; the jobs go on.';

function tell(call: Call, jobs: FoundJob[], readings: JobReading[], timedOut: boolean): void {
  call.out.answer({ jobs: viewsOf(jobs, readings), timedOut }, () =>
    readings.map((reading) => `${standingOf(call, reading)}\n`).join(''),
  );
  if (timedOut) call.out.talk(TIMED_OUT);
}

function viewsOf(jobs: FoundJob[], readings: JobReading[]): JobView[] {
  return readings.flatMap((reading, index) => {
    const layout = jobs[index]?.layout;
    return layout ? [viewOfReading(layout, reading)] : [];
  });
}

function standingOf({ out }: Call, { facts, state }: JobReading): string {
  const who = spoken(out, facts);
  return facts.outcome ? lastWord(who, facts.outcome) : `${who} is ${state.stage}`;
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

import { CompanionError } from '../../../domain/base/errors.ts';
import { latestEnded, usualTime } from '../../../use-cases/jobs/former-runs.ts';
import { survey } from '../../../use-cases/jobs/survey.ts';
import { waitForJobs } from '../../../use-cases/jobs/wait.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import { type JobReading, readJob } from '../../../use-cases/reading/read-job.ts';
import { type JobView, viewOfReading } from '../../views/job-view.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP, FRAMED_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_TIMED_OUT } from '../exit-codes.ts';
import { whileWaiting } from '../following/waiter.ts';
import { namedJob } from '../input/find.ts';
import { lineFormat, PLACEHOLDER_NAMES } from '../listing/format.ts';
import { showList } from '../listing/list.ts';
import { LIST_OPTIONS, PAGE } from '../listing/wish.ts';
import { factsOf } from '../one-job/facts.ts';
import { jobScreen } from '../one-job/screen.ts';
import { renderJob } from '../render/job.ts';
import { lookOf } from '../render/paint.ts';

/** As in 1.0.5. */
const DEFAULT_TIMEOUT_MS = 240_000;

export const status: Command = {
  options: {
    ...LIST_OPTIONS,
    quiet: { takes: 'nothing', short: 'q' },
    format: { takes: 'value' },
    wait: { takes: 'nothing' },
    'timeout-ms': { takes: 'value' },
    'poll-interval-ms': { takes: 'value' },
    framed: { takes: 'nothing' },
  },
  rest: 'words',
  words: 'jobs',
  help: `Lists the jobs of the workspace, the live ones first, a line each; or shows all that is known of one job.

Usage: codex-companion status [options]
       codex-companion status JOB [options]

Which jobs:
  -a, --all                every job that is kept, not only the latest ones; ${PAGE} finished ones at a time
  -n, --last N             N jobs at most, the live ones first
  -g, --global             of all workspaces
  --failed                 that failed, timed out or were lost
  --running                that are live: running, paused or queued
  --today                  that are live or ended today
  --since WHEN             that are live or ended since then: 2h, 7d, 2026-11-27 or '2026-11-27 14:30'
  --session ID             that this session asked for (the beginning of its id will do); @last: the one that asked last
  --cursor C               go on behind an earlier answer, by its nextCursor

How they are shown:
  -q, --quiet              ids alone, a line each
  --format TEXT            a line a job, with placeholders; \\t is a tab:
                           ${placeholders()}

With a job:
  --wait                   wait for its end, then show it
  --timeout-ms N           wait that long at most (default ${DEFAULT_TIMEOUT_MS}); then exit with 124, the job goes on
  --poll-interval-ms N     ignored (1.0.5 compatibility)
${FRAMED_HELP}
${COMMON_HELP}

A terminal gets colours, unless NO_COLOR is set, and times such as "4m ago"; a pipe gets ids and times in full. TIME is
how long a job took, or has taken; "of ~4m 50s" what the same command usually takes. With --json, -a answers
${PAGE} finished jobs at most, and nextCursor where more follow.

Examples:
  codex-companion status
  codex-companion status 12
  codex-companion status task-mi9x --wait
  codex-companion status -g --running
  codex-companion status --failed --since 2d
  codex-companion status -q --running | xargs codex-companion cancel
  codex-companion status -a --format '{number}\\t{name}\\t{state}\\t{ended}'
`,
  async run(call) {
    const timeoutMs = call.options.count('timeout-ms') || DEFAULT_TIMEOUT_MS;
    call.options.count('poll-interval-ms');
    for (const [a, b] of [
      ['quiet', 'json'],
      ['format', 'json'],
      ['quiet', 'format'],
    ] as const)
      call.options.refuseTogether(a, b);
    if (call.options.has('wait')) return waitAndShow(call, timeoutMs);
    if (call.words.length === 0) {
      await showList(call);
      return EXIT_DONE;
    }
    refuseListOptions(call);
    const job = await namedJob(call, 'any');
    return show(call, job, readJob(job.layout, job.id), {});
  },
};

/** In the help's width. */
function placeholders(): string {
  const half = Math.ceil(PLACEHOLDER_NAMES.length / 2);
  return [PLACEHOLDER_NAMES.slice(0, half), PLACEHOLDER_NAMES.slice(half)]
    .map((names) => names.map((name) => `{${name}}`).join(' '))
    .join(`\n${' '.repeat(27)}`);
}

/** 1.0.5 took --all with a job, too, where it says nothing. */
function refuseListOptions({ options }: Call): void {
  const [given] = Object.keys(LIST_OPTIONS).filter((name) => name !== 'all' && options.has(name));
  if (given === undefined) return;
  throw new CompanionError('usage', `--${given} chooses among the jobs of a list, and a job is named.`, {
    hint: 'codex-companion status --help',
  });
}

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
  const format = call.options.text('format');
  if (format !== undefined || call.options.has('quiet')) {
    call.out.say(`${format === undefined ? view.id : lineFormat(format)(view)}\n`);
    return EXIT_DONE;
  }
  const isScreen = !call.out.json && !call.out.forModel;
  const facts = isScreen ? await factsOf(call, job, reading, view) : undefined;
  call.out.answer({ workspaceRoot: job.layout.workspaceRoot, job: view, ...waited }, () =>
    facts ? jobScreen(view, facts, lookOf(call)) : renderJob(view, call.out),
  );
  return EXIT_DONE;
}

/** Where a queued job stands among the others takes a look at these; how long it usually takes, at those that ended. */
async function viewOf({ id, layout }: FoundJob, reading: JobReading): Promise<JobView> {
  if (reading.facts.outcome) return viewOfReading(layout, reading);
  const isQueued = reading.state.stage === 'queued';
  const queuePosition = isQueued ? ((await survey(layout)).queue.get(id) ?? null) : null;
  return viewOfReading(layout, reading, {
    queuePosition,
    usual: usualTime(reading.facts.request, latestEnded(layout)),
  });
}

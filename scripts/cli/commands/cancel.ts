import { CompanionError } from '../../domain/errors.ts';
import { isCodexKind } from '../../domain/job.ts';
import { briefOutcome, type JobOutcome } from '../../domain/outcome.ts';
import {
  type CancelResult,
  cancel as cancelJob,
  type Manner,
  stopLeftovers,
} from '../../supervisor/cancel.ts';
import type { FoundJob } from '../../supervisor/find-job.ts';
import { markRead } from '../../supervisor/mark-read.ts';
import { type JobReading, readJob } from '../../supervisor/settle.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_OF_ERROR } from '../exit-codes.ts';
import { liveJobs, namedJob, namedJobs } from '../find.ts';
import { statusOfOutcome } from '../job-view.ts';
import { processLines } from '../render/processes.ts';
import { requester } from '../requester.ts';
import { endingSignal } from '../signal-name.ts';

export const cancel: Command = {
  options: {
    all: { takes: 'nothing' },
    signal: { takes: 'value' },
    grace: { takes: 'value' },
  },
  rest: 'words',
  help: `Stops jobs with all their processes, and proves it: asks first, kills after a few seconds, and lists what it
stopped and what is left. Of a job that has ended, it stops what that has left running.

Usage: codex-companion cancel [job…] [options]
       codex-companion cancel --all [options]

  --all                    every live job of your session; in a plain terminal, of the workspace
  --signal S               ask with S (INT, SIGQUIT, 1, …) instead of TERM; what is still there after the grace is
                           killed all the same. KILL: kills at once
  --grace D                how long to wait before that (5s; 0 for not at all)
${COMMON_HELP}

Without a job: the latest live one of your session; in a plain terminal, of the workspace. Another session's job has
to be named. A Codex job's turn is interrupted; --signal and --grace are for shell commands.
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
    if (Object.values(manner).some((value) => value !== undefined)) refuseForCodex(call, jobs);
    const [only, ...more] = jobs;
    if (only && more.length === 0 && !call.options.has('all')) {
      const report = await stop(call, only, manner);
      if (report.error) throw report.error;
      call.out.answer(report.payload, () => report.text);
      noteRead(call, report);
      return report.exit;
    }
    const reports = await Promise.all(jobs.map((job) => orError(job, () => stop(call, job, manner))));
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
    return [await namedJob(call, 'live', { onlyOwn: true })];
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

function refuseForCodex(call: Call, jobs: FoundJob[]): void {
  if (call.options.has('all')) return;
  const codex = jobs.find((job) => isCodexKind(readJob(job.layout, job.id).facts.request.kind));
  if (!codex) return;
  throw new CompanionError('usage', `${codex.id} is a Codex job: its turn is interrupted, by no signal.`, {
    hint: call.out.command('cancel', codex.id),
  });
}

/** What became of one job, for programs and for people. */
interface Report {
  payload: object;
  text: string;
  exit: number;
  /** its end is told hereby, and by no notice */
  told?: JobReading;
  /** nothing was to be done */
  error?: CompanionError;
}

async function stop(call: Call, job: FoundJob, manner: Manner): Promise<Report> {
  const result = await cancelJob(job, { stop: { kind: 'user', by: requester(call) }, manner });
  const ending = result.reading.facts.outcome;
  if (result.kind === 'already-finished') return endLeftovers(call, result.reading, manner);
  // One that completed while we were about to stop it was not cancelled either.
  if (ending && ending.ending !== 'cancelled') return hadEnded(call, job.id, ending);
  return tell(call, result);
}

function noteRead(call: Call, { told }: Report): void {
  if (told) markRead(call.context.root, told, call.origin);
}

async function endLeftovers(call: Call, reading: JobReading, manner: Manner): Promise<Report> {
  const { request, outcome } = reading.facts;
  if (!outcome) throw new Error(`${request.id} has no outcome`);
  const { stopped, left } = await stopLeftovers(reading, manner);
  if (stopped.length + left.length === 0) return hadEnded(call, request.id, outcome);
  const incomplete = left.length > 0;
  const payload = {
    jobId: request.id,
    status: statusOfOutcome(outcome),
    title: request.title,
    turnInterruptAttempted: false,
    turnInterrupted: false,
    stopped,
    left,
  };
  const done = incomplete ? 'is not all stopped yet' : 'is stopped';
  const lines = [`${request.id} had ended (${briefOutcome(outcome)}); what it left running ${done}.`];
  lines.push(...processLines({ done: 'Stopped', processes: stopped, left }));
  return report(payload, lines, incomplete);
}

function hadEnded(call: Call, id: string, outcome: JobOutcome): Report {
  const error = new CompanionError('wrong-state', `${id} has ended already: ${briefOutcome(outcome)}.`, {
    hint: call.out.command('result', id),
  });
  return failed(id, error);
}

/** Where one of several jobs cannot be dealt with, the others are stopped all the same. */
async function orError(job: FoundJob, act: () => Promise<Report>): Promise<Report> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return failed(job.id, error);
  }
}

function failed(jobId: string, error: CompanionError): Report {
  const { code, message, hint } = error;
  return {
    payload: { jobId, error: { code, message, ...(hint === undefined ? {} : { hint }) } },
    text: `${message}\n`,
    exit: EXIT_OF_ERROR[code],
    error,
  };
}

function tell(call: Call, result: Exclude<CancelResult, { kind: 'already-finished' }>): Report {
  const { request } = result.reading.facts;
  const incomplete = result.kind === 'incomplete';
  const left = incomplete ? result.left : [];
  const payload = {
    jobId: request.id,
    status: incomplete ? 'running' : 'cancelled',
    title: request.title,
    turnInterruptAttempted: result.interruptAttempted,
    turnInterrupted: result.kind === 'cancelled' && result.interrupted,
    stopped: result.stopped,
    left,
  };
  const lines = [incomplete ? `${request.id} is not stopped yet.` : `Cancelled ${request.id}.`];
  lines.push(`- Title: ${request.title}`, `- Summary: ${request.summary}`);
  lines.push(...processLines({ done: 'Stopped', processes: result.stopped, left }));
  if (incomplete) lines.push(`- Try again: ${call.out.command('cancel', request.id)}`);
  return { ...report(payload, lines, incomplete), told: result.reading };
}

function report(payload: object, lines: string[], incomplete: boolean): Report {
  const exit = incomplete ? EXIT_OF_ERROR['cancel-incomplete'] : EXIT_DONE;
  return { payload, text: `${lines.join('\n')}\n`, exit };
}

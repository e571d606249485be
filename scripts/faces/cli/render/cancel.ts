import { asRefusal, CompanionError, isTrouble } from '../../../domain/base/errors.ts';
import type { JobOutcome } from '../../../domain/job/evidence.ts';
import { briefOutcome } from '../../../domain/job/outcome-text.ts';
import type { JobProcess, LeftProcess } from '../../../domain/job/processes.ts';
import { type CancelResult, cancel, type Manner, stopLeftovers } from '../../../use-cases/jobs/cancel.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import type { FoundJob } from '../../../use-cases/reading/find-job.ts';
import type { JobReading } from '../../../use-cases/reading/read-job.ts';
import { statusOfOutcome } from '../../views/job-view.ts';
import type { Call } from '../command.ts';
import { EXIT_DONE, EXIT_OF_ERROR } from '../exit-codes.ts';
import { requester } from '../input/requester.ts';
import { processLines } from './processes.ts';
import { spoken } from './spoken.ts';

/** What became of one job, for programs and for people. */
export interface CancelReport {
  payload: object;
  text: string;
  exit: number;
  /** its end is told hereby, and by no notice */
  told?: JobReading;
  /** nothing was to be done */
  error?: CompanionError;
}

/** Stops one job, or what a finished one has left running. */
export async function stopJob(call: Call, job: FoundJob, manner: Manner): Promise<CancelReport> {
  const result = await cancel(job, { stop: { kind: 'user', by: requester(call) }, manner });
  const ending = result.reading.facts.outcome;
  if (result.kind === 'already-finished') return endLeftovers(call, result.reading, manner);
  if (ending && result.kind === 'cancelled' && result.unrecorded)
    return stoppedUnrecorded(call, result, ending, result.unrecorded);
  // One that completed while we were about to stop it was not cancelled either.
  if (ending && ending.ending !== 'cancelled') return endedByItself(call, result, ending);
  return tell(call, result);
}

/** To be called when the answer has been given. */
export function noteRead(call: Call, { told }: CancelReport): void {
  if (told) markRead(call.context.root, told, call.origin);
}

async function endLeftovers(call: Call, reading: JobReading, manner: Manner): Promise<CancelReport> {
  const { request, outcome } = reading.facts;
  if (!outcome) throw new Error(`${request.id} has no outcome`);
  return endedByItself(call, { reading, ...(await stopLeftovers(reading, manner)) }, outcome);
}

/** Also while we looked. What it left running was stopped. */
function endedByItself(
  call: Call,
  { reading, stopped, left = [] }: { reading: JobReading; stopped: JobProcess[]; left?: LeftProcess[] },
  outcome: JobOutcome,
): CancelReport {
  const { request } = reading.facts;
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
  const who = spoken(call.out, reading.facts);
  const lines = [`${who} had ended (${briefOutcome(outcome)}); what it left running ${done}.`];
  lines.push(...processLines({ done: 'Stopped', processes: stopped, left }));
  return report(payload, lines, incomplete);
}

/** Its end stands as it is seen, because nothing could record that it was asked for. */
function stoppedUnrecorded(
  call: Call,
  { reading, stopped }: Extract<CancelResult, { kind: 'cancelled' }>,
  outcome: JobOutcome,
  why: string,
): CancelReport {
  const { id: jobId, title } = reading.facts.request;
  const status = statusOfOutcome(outcome);
  const nothing = { turnInterruptAttempted: false, turnInterrupted: false, left: [] };
  const reads = `it reads ${briefOutcome(outcome)}`;
  const lines = [`Stopped ${spoken(call.out, reading.facts)}; ${why}, so ${reads}.`];
  lines.push(...processLines({ done: 'Stopped', processes: stopped, left: [] }));
  return { ...report({ jobId, status, title, stopped, ...nothing }, lines, false), told: reading };
}

function hadEnded(call: Call, id: string, outcome: JobOutcome): CancelReport {
  const error = new CompanionError('wrong-state', `${id} has ended already: ${briefOutcome(outcome)}.`, {
    hint: call.out.command('result', id),
  });
  return failed(id, error);
}

/** Where one of several jobs cannot be dealt with, the others are stopped all the same. */
export async function orError(job: FoundJob, act: () => Promise<CancelReport>): Promise<CancelReport> {
  try {
    return await act();
  } catch (error) {
    if (!isTrouble(error)) throw error;
    return failed(job.id, asRefusal(error));
  }
}

function failed(jobId: string, error: CompanionError): CancelReport {
  const { code, message, hint } = error;
  return {
    payload: { jobId, error: { code, message, ...(hint === undefined ? {} : { hint }) } },
    text: `${message}\n`,
    exit: EXIT_OF_ERROR[code],
    error,
  };
}

function tell(call: Call, result: Exclude<CancelResult, { kind: 'already-finished' }>): CancelReport {
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
  const who = spoken(call.out, result.reading.facts);
  const lines = [incomplete ? `${who} is not stopped yet.` : `Cancelled ${who}.`];
  lines.push(`- Title: ${request.title}`, `- Summary: ${request.summary}`);
  lines.push(...processLines({ done: 'Stopped', processes: result.stopped, left }));
  if (incomplete) lines.push(`- Try again: ${call.out.command('cancel', request.id)}`);
  return { ...report(payload, lines, incomplete), told: result.reading };
}

function report(payload: object, lines: string[], incomplete: boolean): CancelReport {
  const exit = incomplete ? EXIT_OF_ERROR['cancel-incomplete'] : EXIT_DONE;
  return { payload, text: `${lines.join('\n')}\n`, exit };
}

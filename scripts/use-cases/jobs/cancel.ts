import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { StopRequest } from '../../domain/job/job.ts';
import { KINDS, type KindTraits, leftoversOf } from '../../domain/job/kinds.ts';
import type { JobProcess, LeftProcess, StopResult } from '../../domain/job/processes.ts';
import { placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { liveness, ownIdentity } from '../../process/identity.ts';
import { claimJob, type JobFacts, requestStop } from '../../state/job/job-directory.ts';
import { readStopper, recordStopper } from '../../state/job/stop-files.ts';
import { UnreadableJob } from '../../state/job/unreadable.ts';
import { jobDirectory } from '../../state/layout.ts';
import type { FoundJob } from '../reading/find-job.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';
import { endUnreadable } from './end-unreadable.ts';
import { settle } from './settle.ts';
import { waitForJobs } from './wait.ts';

/** Between the first signal and KILL, and between KILL and giving up; milliseconds. Together below 15 s. */
const GRACE_MS = 5_000;
const KILL_MS = 3_000;
/** A Codex worker interrupts its turn and stops the turn's commands by itself; then it is stopped too. */
const WORKER_MS = 8_000;
/** The wrapper or worker records the end; it needs no longer than that once nothing of the job is left. */
const RECORD_MS = 3_000;

export type CancelResult =
  | {
      kind: 'cancelled';
      reading: JobReading;
      stopped: JobProcess[];
      interruptAttempted: boolean;
      interrupted: boolean;
      /** why it is stopped, and its outcome does not say that somebody asked for it */
      unrecorded?: string;
    }
  | { kind: 'already-finished'; reading: JobReading }
  | {
      kind: 'incomplete';
      reading: JobReading;
      stopped: JobProcess[];
      left: LeftProcess[];
      interruptAttempted: boolean;
    };

export interface CancelOptions {
  stop: Pick<StopRequest, 'kind' | 'by'>;
  /** how a shell command is stopped; a Codex turn is interrupted */
  manner?: Manner;
}

export interface Manner {
  /** in place of TERM */
  signal?: NodeJS.Signals | undefined;
  /** between that and KILL */
  graceMs?: number | undefined;
}

/**
 * Stops a job and proves it: a queued one never starts, a running one is gone with all its processes before it is
 * called cancelled. What could not be stopped is listed, and the job goes on being `running`.
 */
export async function cancel(job: FoundJob, options: CancelOptions): Promise<CancelResult> {
  try {
    return await cancelReadable(job, options);
  } catch (error) {
    if (!(error instanceof UnreadableJob)) throw error;
    const { signal = 'SIGTERM', graceMs = GRACE_MS } = options.manner ?? {};
    const manner = { signal, graceMs, killMs: KILL_MS };
    const { reading, stopped } = await endUnreadable(job, error, { asked: true, manner });
    const unrecorded = 'its directory could not be read any more';
    return {
      ...{ kind: 'cancelled', reading, stopped, unrecorded },
      ...{ interruptAttempted: false, interrupted: false },
    };
  }
}

async function cancelReadable(job: FoundJob, options: CancelOptions): Promise<CancelResult> {
  const directory = jobDirectory(job.layout, job.id);
  const before = await settleIfRoom(job);
  if (before.facts.outcome) return { kind: 'already-finished', reading: before };
  const stop: StopRequest = { ...options.stop, at: now() };
  if (!before.facts.claim && claimJob(directory, { kind: 'cancelled', stop, at: now() })) {
    const reading = await settle(job.layout, job.id);
    return { kind: 'cancelled', reading, stopped: [], interruptAttempted: false, interrupted: false };
  }
  // Before anyone is signalled: a missing exit record is then read rightly.
  const { cancelsBy } = KINDS[before.facts.request.kind];
  const way = WAYS[cancelsBy];
  const recorded = way.ask(directory, stop);
  const { stopped, left } = await way.stop(job, options.manner);
  const { readings } = await waitForJobs([job], { timeoutMs: left.length === 0 ? RECORD_MS : 0 });
  if (!readings[0]?.facts.outcome) await stopRecorder(job);
  const reading = await settleIfRoom(job);
  const common = { reading, stopped, interruptAttempted: cancelsBy === 'interrupt' };
  if (!reading.facts.outcome || left.length > 0) return { kind: 'incomplete', left, ...common };
  const unsaid = recorded === 'no-room' && stopped.length > 0;
  return {
    ...{ kind: 'cancelled', interrupted: turnEnded(reading) },
    ...(unsaid ? { unrecorded: 'the disk is too full to record that this was asked for' } : {}),
    ...common,
  };
}

/**
 * What a finished job has left running: it daemonized, or put something into the background. Its outcome stays as it is.
 * Both lists are empty where nothing was there.
 */
export async function stopLeftovers({ facts }: JobReading, manner: Manner = {}): Promise<StopResult> {
  return stopProcesses(facts, manner);
}

/** Is somebody at it, who is alive and not past his time? Then the job's processes are his affair. */
export function isInHand(directory: string): boolean {
  const stopper = readStopper(directory);
  return stopper !== null && stopper.until > now() && liveness(stopper.process) === 'alive';
}

interface Way {
  ask(directory: string, stop: StopRequest): boolean | 'no-room';
  stop(job: FoundJob, manner?: Manner): Promise<StopResult>;
}

const WAYS: Record<KindTraits['cancelsBy'], Way> = {
  signals: { ask: requestStopIfRoom, stop: stopCommand },
  interrupt: { ask: requestStop, stop: interruptTurn },
};

/** A full disk, which may be the job's own doing, is no reason to let it go on. */
function requestStopIfRoom(directory: string, stop: StopRequest): boolean | 'no-room' {
  try {
    return requestStop(directory, stop);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return 'no-room';
  }
}

/** settle; where the disk has no room for that, what is to be read. The next sweep brings the index in step. */
async function settleIfRoom({ layout, id }: FoundJob): Promise<JobReading> {
  try {
    return await settle(layout, id);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return readJob(layout, id);
  }
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof CompanionError) || error.code !== 'state-not-writable') return false;
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error.cause) ?? '');
}

async function stopCommand(job: FoundJob, manner: Manner = {}): Promise<StopResult> {
  const { facts } = await settleIfRoom(job);
  return stopProcesses(facts, manner);
}

function stopProcesses(
  facts: JobFacts,
  { signal = 'SIGTERM', graceMs = GRACE_MS }: Manner,
): Promise<StopResult> {
  const forMs = graceMs + KILL_MS + RECORD_MS;
  const onFound = (them: JobProcess[]) => noteStopper(facts, forMs, them);
  return placeOf(facts.request).stop(facts, { signal, graceMs, killMs: KILL_MS, onFound });
}

function noteStopper({ directory, request }: JobFacts, forMs: number, them: JobProcess[]): void {
  const until = new Date(Date.now() + forMs).toISOString();
  const found = them.map(({ pid, start }) => ({ pid, start }));
  try {
    const endsWithCommand = leftoversOf(request) === 'leave';
    recordStopper(directory, { process: ownIdentity(), until, found }, { endsWithCommand });
  } catch (error) {
    // Without it another one may ask them again, and not know all of them, which is no reason not to stop them.
    if (!(error instanceof CompanionError) || error.code !== 'state-not-writable') throw error;
  }
}

/** The worker sees the stop request; what its turn's commands leave behind is found by the cookie. */
async function interruptTurn(job: FoundJob): Promise<StopResult> {
  const { readings } = await waitForJobs([job], { timeoutMs: WORKER_MS });
  const [reading] = readings;
  if (!reading) return { stopped: [], left: [] };
  const { facts } = reading;
  const place = placeOf(facts.request);
  if (!facts.outcome) place.endRecorder(facts);
  return place.stop(facts, { signal: 'SIGTERM', graceMs: 2_000, killMs: KILL_MS });
}

/** Everything else is gone and still nothing is recorded: the wrapper or worker itself hangs. */
async function stopRecorder(job: FoundJob): Promise<void> {
  const { facts } = await settleIfRoom(job);
  if (!facts.outcome) {
    const place = placeOf(facts.request);
    const { left } = await place.stop(facts, { signal: 'SIGTERM', graceMs: 0, killMs: 500 });
    if (left.length === 0) place.endRecorder(facts);
  }
  await waitForJobs([job], { timeoutMs: 1_000 });
}

/** Codex itself has confirmed the end of the turn; not so where the worker had to be killed. */
function turnEnded({ facts }: JobReading): boolean {
  return facts.exit?.kind === 'turn' && facts.exit.turn === 'interrupted';
}

import { locateCodex } from '../codex/locate.ts';
import { runTurn } from '../codex/turn.ts';
import type { TurnResult } from '../codex/turn-result.ts';
import { CompanionError } from '../domain/errors.ts';
import type { JobRequest } from '../domain/job.ts';
import type { ExitRecord } from '../domain/outcome.ts';
import {
  COOKIE_VARIABLE,
  type Environment,
  readEnvironment,
  threadEnvironment,
} from '../process/environment.ts';
import { ownIdentity } from '../process/identity.ts';
import { endJobCommands, type JobTrace, stopJobProcesses } from '../process/job-processes.ts';
import { readRequest, recordExit, writeResult } from '../state/job-directory.ts';
import { layoutOfJob, type WorkspaceLayout } from '../state/layout.ts';
import type { BrokerClient } from '../supervisor/broker-client.ts';
import { now } from '../supervisor/context.ts';
import { holdBroker } from '../supervisor/hold-broker.ts';
import { retireKilledBrokers } from '../supervisor/retire-broker.ts';
import { settle } from '../supervisor/settle.ts';
import { type CodexRequest, prepareWork } from './codex-work.ts';
import { progressLog } from './progress-log.ts';
import { claimInTurn } from './queue.ts';
import { type StopWatch, watchForStop } from './stop-watch.ts';
import type { CodexWork } from './stored-result.ts';

/**
 * Sees one Codex job to its end: queue, claim → broker → thread and turn → result → exit record → outcome. Whatever
 * happens, it records how the job ended; only SIGKILL leaves that to the readers.
 */
export async function runCodexJob(directory: string): Promise<void> {
  const request = codexRequest(directory);
  const stop = watchForStop(directory);
  if (!(await claimInTurn(directory, request, stop))) {
    stop.close();
    return;
  }
  process.once(
    'uncaughtException',
    (error) => void finish(directory, request, failure(error)).finally(leave),
  );

  const { exit, client } = await work(directory, request, stop);
  await finish(directory, request, exit);
  // The lease went with the outcome: only now may the broker see us leave.
  client?.close();
  stop.close();
  await retireIfKilled(layoutOfJob(directory, request.workspaceRoot));
}

function codexRequest(directory: string): CodexRequest {
  const request = readRequest(directory);
  if (request.kind === 'run') throw new CompanionError('wrong-state', `${request.id} is no job for Codex.`);
  return request;
}

/** The outcome, the index and the release of the lease; the result is on disk by then. */
async function finish(directory: string, request: JobRequest, exit: ExitRecord): Promise<void> {
  recordExit(directory, exit);
  console.log(`[${exit.at.slice(11, 19)}] ${'reason' in exit ? exit.reason : 'ended'}`);
  try {
    await settle(layoutOfJob(directory, request.workspaceRoot), request.id);
  } catch (error) {
    // How it ended is on disk. The index is brought in step by whoever looks next, and our lease ends with us.
    if (!(error instanceof CompanionError)) throw error;
    console.error(error.message);
  }
}

/** A broker that was killed cannot take itself off the record, and this may have been its last job. */
async function retireIfKilled(layout: WorkspaceLayout): Promise<void> {
  try {
    await retireKilledBrokers(layout);
  } catch (error) {
    // The job itself is settled; the next sweep finds what is left.
    if (!(error instanceof CompanionError)) throw error;
    console.error(error.message);
  }
}

function leave(): never {
  process.exit(70);
}

interface Ended {
  exit: ExitRecord;
  client?: BrokerClient;
}

async function work(directory: string, request: CodexRequest, stop: StopWatch): Promise<Ended> {
  const held: { client?: BrokerClient } = {};
  try {
    const prepared = await prepareWork(request);
    const result = await runThroughBroker(directory, request, prepared, stop, held);
    // At once where the broker is gone: Codex is about to kill them in its own way (codex/terminals.ts).
    if (result.status !== 'completed') await stopJobProcesses(traceOf(request), STOP);
    const { payload, rendered } = prepared.resultOf(result);
    writeResult(directory, payload, rendered);
    return { exit: exitOf(request, result, stop), ...held };
  } catch (error) {
    if (stop.signal.aborted) return { exit: interrupted(stop), ...held };
    return { exit: failure(error), ...held };
  }
}

/** For what a turn that did not complete has left, in whichever session or group. */
const STOP = { signal: 'SIGTERM', graceMs: 2_000, killMs: 1_000 } as const;

function traceOf({ id: jobId }: JobRequest): JobTrace {
  return { jobId, leader: null, spared: ownIdentity() };
}

/** Once more from the start where the connection was lost before anything was done, e.g. because the broker was killed. */
async function runThroughBroker(
  directory: string,
  request: CodexRequest,
  prepared: CodexWork,
  stop: StopWatch,
  held: { client?: BrokerClient },
): Promise<TurnResult> {
  const { deadlineSeconds, stallSeconds } = request.limits;
  const due = performance.now() + deadlineSeconds * 1000;
  const environment = readEnvironment();
  const onProgress = progressLog(directory);
  for (let attempt = 1; ; attempt += 1) {
    held.client = await connect(directory, request, environment, stop);
    const result = await runTurn(held.client, turnRequest(request, prepared, environment), {
      signal: stop.signal,
      onProgress,
      stallMs: stallSeconds * 1000,
      endCommands: () => endJobCommands(traceOf(request)),
      deadlineMs: deadlineSeconds > 0 ? Math.max(1, due - performance.now()) : 0,
    });
    const nothingDone = result.cause === 'connection-lost' && result.threadId === null;
    if (!nothingDone || attempt > 1) return result;
    console.log(`${result.reason} Nothing was done yet: once more.`);
  }
}

function connect(
  directory: string,
  request: CodexRequest,
  environment: Environment,
  { signal }: StopWatch,
): Promise<BrokerClient> {
  return holdBroker({
    layout: layoutOfJob(directory, request.workspaceRoot),
    jobId: request.id,
    holder: ownIdentity(),
    program: locateCodex(environment.PATH ?? ''),
    environment,
    node: request.node,
    runtime: request.runtime,
    signal,
  });
}

function turnRequest(request: CodexRequest, { work, write }: CodexWork, environment: Environment) {
  const { spec, cwd } = request;
  return {
    work,
    cwd,
    sandbox: write ? ('workspace-write' as const) : ('read-only' as const),
    model: spec.model,
    effort: 'effort' in spec ? spec.effort : null,
    resumeThreadId: 'resumeThreadId' in spec ? spec.resumeThreadId : null,
    environment: threadEnvironment(environment),
    alwaysKept: [COOKIE_VARIABLE],
  };
}

function exitOf(request: JobRequest, result: TurnResult, stop: StopWatch): ExitRecord {
  if (result.status === 'interrupted' && stop.signal.aborted) return interrupted(stop);
  const { status, limit } = result;
  // The deadline is the job's, though its turn was told what was left of it.
  const atDeadline = `Stopped at its deadline of ${request.limits.deadlineSeconds} s.`;
  const reason = limit === 'deadline' ? atDeadline : result.reason;
  return { kind: 'turn', turn: status, reason, at: now(), ...(limit ? { limit } : {}) };
}

function interrupted({ signal }: StopWatch): ExitRecord {
  const reason = signal.reason instanceof Error ? signal.reason.message : 'The turn was interrupted.';
  return { kind: 'turn', turn: 'interrupted', reason, at: now() };
}

/** What was expected is told in a sentence; anything else is a bug, whose stack belongs into the job's log. */
function failure(error: unknown): ExitRecord {
  if (!(error instanceof CompanionError)) console.error(error);
  const said = error instanceof Error ? error.message : String(error);
  const hint = error instanceof CompanionError && error.hint ? ` (${error.hint})` : '';
  return { kind: 'turn', turn: 'failed', reason: `${said}${hint}`, at: now() };
}

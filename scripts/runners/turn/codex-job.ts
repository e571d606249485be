import type { BrokerClient } from '../../codex/brokering/client.ts';
import { retireKilledBrokers } from '../../codex/brokering/retire.ts';
import type { TurnResult } from '../../codex/turn/result.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import type { ExitRecord } from '../../domain/job/evidence.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { isTurnJob, type TurnJob } from '../../domain/job/kinds.ts';
import { amountOf, limitReason } from '../../domain/job/limits.ts';
import { now } from '../../process/clock.ts';
import type { Environment } from '../../process/environment.ts';
import { readRequest, recordExit, writeResult } from '../../state/job/job-directory.ts';
import { layoutOfJob, type WorkspaceLayout } from '../../state/layout.ts';
import { settle } from '../../use-cases/jobs/settle.ts';
import { seeThrough } from '../../use-cases/notices/see-through.ts';
import { claimInTurn } from './cap.ts';
import { prepareWork } from './codex-work.ts';
import { sentence } from './lost-turn.ts';
import { type StopWatch, watchForStop } from './stop-watch.ts';
import { type AskedTurn, runThroughBroker, stopCommands } from './through-broker.ts';

/**
 * Sees one Codex job to its end: queue, claim → broker → thread and turn → result → exit record → outcome, and for some
 * seconds to its notice. Whatever happens, it records how the job ended; only SIGKILL leaves that to the readers.
 */
export async function runCodexJob(directory: string, environment: Environment): Promise<void> {
  const request = turnJob(directory);
  const asked = { directory, request, environment };
  const stop = watchForStop(directory);
  if (!(await claimInTurn(directory, request, stop))) {
    stop.close();
    return;
  }
  const crash = (error: unknown) => void finish(directory, request, failure(error)).finally(leave);
  process.once('uncaughtException', crash);

  const { exit, client } = await work(asked, stop);
  await finish(directory, request, exit);
  // It is on record: what fails from here on is not how the job ended.
  process.off('uncaughtException', crash);
  // The lease went with the outcome: only now may the broker see us leave.
  client?.close();
  stop.close();
  const layout = layoutOfJob(directory, request.workspaceRoot);
  await retireIfKilled(layout);
  await seeThrough(layout, request);
}

function turnJob(directory: string): TurnJob {
  const request = readRequest(directory);
  if (!isTurnJob(request)) throw new CompanionError('wrong-state', `${request.id} is no job for Codex.`);
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

async function work({ directory, request, environment }: AskedTurn, stop: StopWatch): Promise<Ended> {
  const held: { client?: BrokerClient } = {};
  try {
    const prepared = await prepareWork(request, environment);
    const { result, resumedAfter } = await runThroughBroker(
      { directory, request, environment },
      prepared,
      stop,
      held,
    );
    // At once where the broker is gone: Codex is about to kill them in its own way (codex/turn/terminals.ts).
    if (result.status !== 'completed') await stopCommands(directory);
    const { payload, rendered } = prepared.resultOf(result);
    if (resumedAfter === undefined) writeResult(directory, payload, rendered);
    else
      writeResult(
        directory,
        { ...payload, resumedAfter },
        `${rendered}\nResumed once, after this: ${resumedAfter}\n`,
      );
    return { exit: exitOf(request, result, stop, resumedAfter), ...held };
  } catch (error) {
    if (stop.signal.aborted) return { exit: interrupted(stop), ...held };
    return { exit: failure(error), ...held };
  }
}

function exitOf(
  request: JobRequest,
  result: TurnResult,
  stop: StopWatch,
  resumedAfter: string | undefined,
): ExitRecord {
  if (result.status === 'interrupted' && stop.signal.aborted) return interrupted(stop);
  const { status, limit } = result;
  // The deadline is the job's, though its turn was told what was left of it.
  const atDeadline = `${limitReason('deadline', 'turn', amountOf(request, 'deadline'))}.`;
  const ended = limit === 'deadline' ? atDeadline : result.reason;
  const resumed = status === 'completed' && resumedAfter !== undefined;
  const reason = resumed ? `${ended} It had been resumed once, after this: ${sentence(resumedAfter)}` : ended;
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

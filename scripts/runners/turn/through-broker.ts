import type { BrokerClient } from '../../codex/brokering/client.ts';
import { holdBroker } from '../../codex/brokering/hold.ts';
import { locateCodex } from '../../codex/program/locate.ts';
import type { Progress } from '../../codex/turn/record.ts';
import { type TurnResult, unstarted } from '../../codex/turn/result.ts';
import { limitOf, type Stop } from '../../codex/turn/stop.ts';
import { runTurn } from '../../codex/turn/turn.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import type { TurnJob } from '../../domain/job/kinds.ts';
import { amountOf, type LimitOf } from '../../domain/job/limits.ts';
import { placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { COOKIE_VARIABLE, type Environment, threadEnvironment } from '../../process/environment.ts';
import { ownIdentity } from '../../process/identity.ts';
import { readJobFacts } from '../../state/job/job-directory.ts';
import { layoutOfJob } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';

import { afterLoss, cutOff, type LostTurn, mayResume, sentence } from './lost-turn.ts';
import { progressLog } from './progress-log.ts';
import type { StopWatch } from './stop-watch.ts';
import type { CodexWork } from './stored-result.ts';

/** A job's request, and the caller's environment, which its turn is to have. */
export interface AskedTurn {
  directory: string;
  request: TurnJob;
  environment: Environment;
}

/**
 * Once more where broker or app-server died under it and that repeats nothing: from the start, or on its thread. Once
 * only, since what kills them may well be the job itself.
 */
export async function runThroughBroker(
  asked: AskedTurn,
  prepared: CodexWork,
  stop: StopWatch,
  held: { client?: BrokerClient },
): Promise<Ran> {
  const { directory, request } = asked;
  const deadline = amountOf(request, 'deadline');
  const due = deadline > 0 ? performance.now() + deadline * 1000 : Number.POSITIVE_INFINITY;
  const onProgress = progressLog(directory);
  const attempt = (threadId?: string) => runOnce(asked, prepared, { stop, held, due, onProgress, threadId });

  const first = await attempt();
  const { result } = first;
  if (result.cause !== 'connection-lost') return { result };
  const next = afterLoss(first, prepared);
  const over = stop.signal.aborted || performance.now() >= due;
  if (next === 'again' && !over) {
    console.log(`${result.reason} Nothing was done yet: once more.`);
    return { result: told((await attempt()).result) };
  }
  if (next === 'tell' || over) return { result: told(result) };
  // What it may have begun without our being told, and before Codex kills it in its own way (codex/turn/terminals.ts).
  await stopCommands(directory);
  if (!(await mayResume(first, stop.signal))) return { result: told(result) };

  const { reason, threadId, turnId } = result;
  const message = `${sentence(reason)} Nothing was done yet: the turn is resumed, once.`;
  const ids = { ...(threadId ? { threadId } : {}), ...(turnId ? { turnId } : {}) };
  onProgress({ at: now(), phase: 'retrying', message, ...ids });
  const inVain = (why: string): Ran => {
    return { result: told({ ...result, reason: `${sentence(reason)} Resuming failed: ${sentence(why)}` }) };
  };
  try {
    // Codex keeps nothing of a thread without a turn.
    const second = await attempt(turnId === null ? undefined : (threadId ?? undefined));
    const { cause } = second.result;
    if (cause === 'refused' || cause === 'thread-busy') return inVain(second.result.reason);
    return { result: told(second.result, reason), resumedAfter: reason };
  } catch (error) {
    if (!(error instanceof CompanionError) || stop.signal.aborted) throw error;
    return inVain(error.message);
  }

  function told(last: TurnResult, before?: string): TurnResult {
    return last.cause === 'connection-lost' ? cutOff(last, prepared, request, before) : last;
  }
}

interface Ran {
  result: TurnResult;
  /** why it was resumed, where it was */
  resumedAfter?: string;
}

interface Attempt {
  stop: StopWatch;
  held: { client?: BrokerClient };
  /** by performance.now() */
  due: number;
  onProgress: (progress: Progress) => void;
  /** the thread to go on with, instead of the one that the request names */
  threadId: string | undefined;
}

async function runOnce(
  { directory, request, environment }: AskedTurn,
  prepared: CodexWork,
  { stop, held, due, onProgress, threadId }: Attempt,
): Promise<LostTurn> {
  // What is left of each; one that is new for turns does not compile until it is here.
  const left: Record<LimitOf<'turn'>, () => number> = {
    stall: () => amountOf(request, 'stall') * 1000,
    deadline: () => (due === Number.POSITIVE_INFINITY ? 0 : Math.max(1, due - performance.now())),
  };
  const asking = { directory, request, environment };
  const limits = { stallMs: left.stall(), deadlineMs: left.deadline() };
  const connected = await connect(asking, limits, stop, onProgress);
  if ('stop' in connected) return { result: unstarted(connected.stop), server: null };
  const { client } = connected;
  held.client = client;
  const { brokers } = readState(layoutOfJob(directory, request.workspaceRoot));
  const server = brokers.find(({ id }) => id === client.brokerId)?.appServer ?? null;
  const asked = turnRequest(request, prepared, environment);
  const result = await runTurn(client, threadId ? { ...asked, resumeThreadId: threadId } : asked, {
    signal: stop.signal,
    onProgress,
    stallMs: left.stall(),
    endCommands: () => placeOf(request).stop(readJobFacts(directory), LEAVE_IN_ORDER),
    deadlineMs: left.deadline(),
  });
  return { result, server };
}

/** A broker is there within half a second. */
const SLOW_MS = 2_000;

/** Codex may take any time to start, within the job's own limits. */
async function connect(
  { directory, request, environment }: AskedTurn,
  { stallMs, deadlineMs }: { stallMs: number; deadlineMs: number },
  stop: StopWatch,
  onProgress: Attempt['onProgress'],
): Promise<{ client: BrokerClient } | { stop: Stop }> {
  const over = new AbortController();
  const late = new AbortController();
  let reached: Stop | undefined;
  const limits = [limitOf('deadline', deadlineMs, over.signal), limitOf('stall', stallMs, over.signal)];
  void Promise.race(limits).then((limit) => {
    reached = limit;
    late.abort(new Error(limit.reason));
  });
  const waiting = { phase: 'starting', message: 'Waiting for Codex to start.' } as const;
  const slow = setTimeout(() => onProgress({ at: now(), ...waiting }), SLOW_MS);
  try {
    const client = await holdBroker({
      layout: layoutOfJob(directory, request.workspaceRoot),
      jobId: request.id,
      holder: ownIdentity(),
      program: locateCodex(environment, request.workspaceRoot),
      environment,
      node: request.node,
      runtime: request.runtime,
      signal: AbortSignal.any([stop.signal, late.signal]),
    });
    return { client };
  } catch (error) {
    if (reached === undefined || stop.signal.aborted) throw error;
    return { stop: reached };
  } finally {
    clearTimeout(slow);
    over.abort();
  }
}

function turnRequest(request: TurnJob, { work, write }: CodexWork, environment: Environment) {
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

/** For a turn's commands to leave in order; what is still there after it is Codex's to kill. */
const LEAVE_IN_ORDER = { signal: 'SIGTERM', graceMs: 1_000, killMs: 0 } as const;
/** For what a turn that did not complete has left, in whichever session or group. */
const STOP = { signal: 'SIGTERM', graceMs: 2_000, killMs: 1_000 } as const;

export async function stopCommands(directory: string): Promise<void> {
  const facts = readJobFacts(directory);
  await placeOf(facts.request).stop(facts, STOP);
}

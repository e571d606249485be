import { describeApprovals } from '../wire/approvals.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import { patient } from '../wire/patience.ts';
import { followTurn, type TurnFollower } from './follow.ts';
import { interruptTurn } from './interrupt.ts';
import { type OpenThread, openThread, type ThreadRequest } from './open-thread.ts';
import type { Progress } from './record.ts';
import { type Release, releaseThread } from './release.ts';
import { endTurn, type TurnResult, unstarted } from './result.ts';
import { checkWork, startTurn, type TurnWork } from './start.ts';
import {
  endOf,
  firstStop,
  mayStillRun,
  orStop,
  type Stop,
  type StopOptions,
  stallOf,
  usageLimitOf,
} from './stop.ts';

export interface TurnRequest extends ThreadRequest {
  work: TurnWork;
}

export interface TurnOptions extends StopOptions {
  onProgress?: (progress: Progress) => void;
  /** Ends the commands that still run at the end of the turn, before Codex does: see terminals.ts. */
  endCommands?: () => Promise<unknown>;
  /** Milliseconds until an answer of Codex is late (patience.ts); 15,000. */
  stepMs?: number;
}

const DEFAULT_STEP_MS = 15_000;
/** A limit or a cancel is through within 5 s, also against a server that ignores everything: the sum of these three. */
const LATE_ANSWER_MS = 1_000;
const INTERRUPT_MS = 2_000;
const RELEASE_AFTER_STOP_MS = 1_500;
const RELEASE_MS = 4_000;

/**
 * Runs one task turn or review to its end, and lets go of its thread. However it ends, the result says how; it always
 * ends, except for a turn without limits whose server keeps giving signs of life.
 * @throws CompanionError `usage` for a prompt that Codex would refuse; nothing is started then
 */
export async function runTurn(
  connection: CodexConnection,
  request: TurnRequest,
  options: TurnOptions = {},
): Promise<TurnResult> {
  checkWork(request.work);
  const over = new AbortController();
  const stopped = firstStop(connection, options, over.signal);
  const waiting = patient(connection, request.cwd, options.stepMs ?? DEFAULT_STEP_MS);
  const tell = (message: string) =>
    options.onProgress?.({ at: new Date().toISOString(), phase: 'starting', message });
  try {
    const opening = openThread(waiting, request, tell);
    const opened = await orStop(opening, stopped, options, over.signal);
    if ('stop' in opened) return await neverOpened(connection, opening, opened.stop);
    const run = { connection, patient: waiting, request, options, stopped, over: over.signal };
    return await runOnThread(run, opened.value);
  } finally {
    over.abort();
  }
}

interface Run {
  connection: CodexConnection;
  /** the same, whose requests wait as long as Codex is alive */
  patient: CodexConnection;
  request: TurnRequest;
  options: TurnOptions;
  stopped: Promise<Stop>;
  over: AbortSignal;
}

async function runOnThread(run: Run, thread: OpenThread): Promise<TurnResult> {
  const { connection, options, stopped } = run;
  const { threadId } = thread;
  const follower = followTurn(connection, threadId, options.onProgress ?? (() => {}));
  try {
    follower.tell({ phase: 'starting', message: readyMessage(thread) });
    const starting = startTurn(run.patient, thread, run.request);
    const started = await orStop(starting, stopped, options, run.over);
    const turnId = 'value' in started ? started.value : await lateTurn(starting, follower, started.stop);
    if (turnId !== null) follower.follow(turnId);

    const stop = 'value' in started ? await firstEnd(run, follower) : started.stop;
    if (turnId !== null && mayStillRun(stop)) {
      follower.tell({ phase: 'stopping', message: stop.reason });
      await interruptTurn(connection, threadId, follower, INTERRUPT_MS);
    }
    const released = await release(run, threadId, stop, follower.record.hasSubagents);
    const { sandbox, rollout } = thread;
    return endTurn({ stop, threadId, sandbox, rollout, turnId, turn: follower.record, release: released });
  } finally {
    follower.stop();
  }
}

function readyMessage({ threadId, sandbox, approvals }: OpenThread): string {
  const why = sandbox.by === 'user' ? ', as sandbox_mode of your own Codex configuration says' : '';
  const granted = sandbox.mode === 'read-only' ? '' : `; sandbox: ${sandbox.mode}${why}`;
  const asks = approvals.approvalPolicy !== 'never';
  return `Thread ${threadId} is ready${granted}${asks ? `; approval policy: ${describeApprovals(approvals)}` : ''}.`;
}

function firstEnd({ connection, options, stopped, over }: Run, follower: TurnFollower): Promise<Stop> {
  return Promise.race([
    ...[endOf(follower), stopped, stallOf(follower, options.stallMs ?? 0, over)],
    usageLimitOf(connection, follower, options, over),
  ]);
}

/** Stopped while the answer to turn/start was under way: the turn may run, and must be known to be interrupted. */
async function lateTurn(
  starting: Promise<string>,
  follower: TurnFollower,
  stop: Stop,
): Promise<string | null> {
  if (!mayStillRun(stop)) return null;
  return (await late(starting)) ?? follower.startedTurnId ?? null;
}

/** Stopped while the answer to thread/start was under way: a thread that comes to be now would stay loaded. */
async function neverOpened(
  connection: CodexConnection,
  opening: Promise<OpenThread>,
  stop: Stop,
): Promise<TurnResult> {
  const opened = mayStillRun(stop) ? await late(opening) : undefined;
  const released = opened ? await release({ connection, options: {} }, opened.threadId, stop, false) : null;
  return unstarted(stop, released);
}

function late<T>(answer: Promise<T>): Promise<T | undefined> {
  const orNothing = answer.catch(() => undefined); // its failure is what we were stopped for, or says no more
  return within(orNothing, LATE_ANSWER_MS);
}

async function release(
  { connection, options }: Pick<Run, 'connection' | 'options'>,
  threadId: string,
  stop: Stop,
  hasSubagents: boolean,
): Promise<Release | null> {
  if (stop.cause === 'connection-lost') return null;
  const budgetMs = stop.cause === 'completed' ? RELEASE_MS : RELEASE_AFTER_STOP_MS;
  const subagents = hasSubagents ? 'search' : 'none';
  return releaseThread(connection, threadId, { budgetMs, subagents, endCommands: options.endCommands });
}

import { CompanionError } from '../domain/errors.ts';
import type { ReviewTarget } from '../domain/job.ts';
import type { CodexConnection } from './connection.ts';
import { followTurn, type TurnFollower } from './follow-turn.ts';
import { interruptTurn } from './interrupt.ts';
import { untilDue, within } from './limits.ts';
import { type OpenThread, openThread, ThreadBusyError, type ThreadRequest } from './open-thread.ts';
import { fields, type TokenUsage, type TurnError, text } from './protocol.ts';
import { type Release, releaseThread } from './release.ts';
import { ConnectionLostError, RpcDeadlineError, RpcError } from './rpc.ts';
import { type CommandRecord, emptyRecord, type Progress, type TurnRecord } from './turn-record.ts';

export type TurnWork =
  | { kind: 'task'; prompt: string; outputSchema?: unknown }
  | { kind: 'review'; target: ReviewTarget };

export interface TurnRequest extends ThreadRequest {
  work: TurnWork;
}

export interface TurnOptions {
  onProgress?: (progress: Progress) => void;
  /** Cancels: the turn is interrupted. */
  signal?: AbortSignal;
  /** Milliseconds without a sign of life while the model waits for no tool; 0 for none. */
  stallMs?: number;
  /** Milliseconds for the whole; 0 for none. */
  deadlineMs?: number;
  /** Milliseconds for each answer of Codex (not for the turn itself); 30,000. */
  stepMs?: number;
}

export interface TurnResult {
  status: 'completed' | 'failed' | 'interrupted' | 'timed-out';
  cause:
    | 'completed'
    /** the model or Codex failed: `error` says how */
    | 'turn-failed'
    /** Codex refused to open the thread or to start the turn */
    | 'refused'
    /** another turn runs on the thread to be resumed */
    | 'thread-busy'
    /** Codex did not answer within `stepMs` */
    | 'no-answer'
    | 'connection-lost'
    /** by `signal` */
    | 'cancelled'
    /** by somebody else */
    | 'interrupted'
    | 'limit';
  limit?: 'deadline' | 'stall';
  /** one sentence for people */
  reason: string;
  /** null: no thread was opened */
  threadId: string | null;
  /** null: no turn was started; nothing was done then */
  turnId: string | null;
  finalMessage: string;
  /** what the reviewer wrote; null for a task, and for a review that did not complete */
  reviewText: string | null;
  reasoningSummary: string[];
  touchedFiles: string[];
  commands: CommandRecord[];
  tokenUsage: TokenUsage | null;
  error: TurnError | null;
  /** null: there was nothing to release, or nobody to ask */
  release: Release | null;
}

/** Codex 0.169 refuses more with `input_too_large`; it counts characters, not bytes. */
export const MAX_PROMPT_CHARACTERS = 1_048_576;

const DEFAULT_STEP_MS = 30_000;
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
  const patient = withStep(connection, options);
  try {
    const opening = openThread(patient, request);
    const opened = await orStop(opening, stopped);
    if ('stop' in opened)
      return ended(opened.stop, null, null, emptyRecord(), await releaseLate(connection, opening));
    return await runOnThread(
      { connection, patient, request, options, stopped, over: over.signal },
      opened.value,
    );
  } finally {
    over.abort();
  }
}

interface Run {
  connection: CodexConnection;
  /** the same, with `stepMs` for each answer */
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
    follower.tell({ phase: 'starting', message: `Thread ${threadId} is ready.` });
    const starting = startTurn(run.patient, thread, run.request);
    const started = await orStop(starting, stopped);
    const turnId = 'value' in started ? started.value : await lateTurn(starting, follower);
    if (turnId !== undefined) follower.follow(turnId);

    const running = () =>
      Promise.race([endOf(follower), stopped, stallOf(follower, options.stallMs ?? 0, run.over)]);
    const stop = 'stop' in started ? started.stop : await running();
    if (turnId !== undefined && mayStillRun(stop)) {
      follower.tell({ phase: 'stopping', message: stop.reason });
      await interruptTurn(connection, threadId, follower, INTERRUPT_MS);
    }
    const released = await release(connection, threadId, stop);
    return ended(stop, threadId, turnId ?? null, follower.record, released);
  } finally {
    follower.stop();
  }
}

function checkWork(work: TurnWork): void {
  if (work.kind !== 'task') return;
  if (work.prompt.trim() === '') throw new CompanionError('usage', 'The prompt is empty.');
  // UTF-16 units are never fewer than characters, so most prompts need no counting.
  const characters = work.prompt.length > MAX_PROMPT_CHARACTERS ? [...work.prompt].length : 0;
  if (characters > MAX_PROMPT_CHARACTERS)
    throw new CompanionError(
      'usage',
      `The prompt has ${characters} characters; Codex takes at most ${MAX_PROMPT_CHARACTERS}.`,
      { hint: 'Put the text into a file in the workspace and name the file in the prompt.' },
    );
}

async function startTurn(
  connection: CodexConnection,
  thread: OpenThread,
  request: TurnRequest,
): Promise<string> {
  const { method, params } = turnCall(thread, request);
  const answer = fields(await connection.request(method, { threadId: thread.threadId, ...params }));
  const turnId = text(fields(answer.turn).id);
  if (turnId === '') throw new RpcError(method, 0, 'Codex named no turn in its answer.', answer);
  return turnId;
}

function turnCall(
  thread: OpenThread,
  { work, model, effort }: TurnRequest,
): { method: string; params: object } {
  switch (work.kind) {
    case 'task':
      return {
        method: 'turn/start',
        params: {
          input: [{ type: 'text', text: work.prompt, text_elements: [] }],
          approvalPolicy: 'never',
          sandboxPolicy: thread.sandboxPolicy,
          ...(model ? { model } : {}),
          ...(effort ? { effort } : {}),
          ...(work.outputSchema === undefined ? {} : { outputSchema: work.outputSchema }),
        },
      };
    case 'review':
      return { method: 'review/start', params: { target: codexTarget(work.target), delivery: 'inline' } };
  }
}

function codexTarget(target: ReviewTarget): object {
  return target.mode === 'branch' && target.baseRef
    ? { type: 'baseBranch', branch: target.baseRef }
    : { type: 'uncommittedChanges' };
}

/** Why we stopped waiting. */
interface Stop {
  cause: TurnResult['cause'] | 'abandoned';
  reason: string;
  limit?: 'deadline' | 'stall';
}

/** What can end the run at any moment, whatever it waits for. */
function firstStop(connection: CodexConnection, options: TurnOptions, over: AbortSignal): Promise<Stop> {
  const lost = connection.closed.then((reason): Stop => ({ cause: 'connection-lost', reason }));
  const cancelled = aborted(options.signal, over).then(
    (): Stop => ({ cause: 'cancelled', reason: 'The turn was cancelled.' }),
  );
  return Promise.race([lost, cancelled, ...deadlineOf(options.deadlineMs ?? 0, over)]);
}

function deadlineOf(deadlineMs: number, over: AbortSignal): Promise<Stop>[] {
  if (deadlineMs <= 0) return [];
  const due = performance.now() + deadlineMs;
  const stop: Stop = {
    cause: 'limit',
    limit: 'deadline',
    reason: `Stopped at its deadline of ${deadlineMs / 1000} s.`,
  };
  return [untilDue(() => due - performance.now(), over).then(() => stop)];
}

function stallOf(follower: TurnFollower, stallMs: number, over: AbortSignal): Promise<Stop> {
  if (stallMs <= 0) return new Promise(() => {});
  const remaining = () =>
    follower.record.openTools.length > 0 ? stallMs : follower.lastSignOfLife + stallMs - performance.now();
  const reason = `Stopped after ${stallMs / 1000} s without a sign of life from Codex.`;
  return untilDue(remaining, over).then(() => ({ cause: 'limit', limit: 'stall', reason }));
}

function endOf(follower: TurnFollower): Promise<Stop> {
  return Promise.race([
    follower.completed.then((): Stop => ({ cause: 'completed', reason: 'The turn completed.' })),
    follower.abandoned.then((reason): Stop => ({ cause: 'abandoned', reason })),
  ]);
}

function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

async function orStop<T>(step: Promise<T>, stopped: Promise<Stop>): Promise<{ value: T } | { stop: Stop }> {
  const settled = step.then(
    (value) => ({ value }),
    (error: unknown) => ({ stop: stopOf(error) }),
  );
  return Promise.race([settled, stopped.then((stop) => ({ stop }))]);
}

/** Stopped while the answer to turn/start was under way: the turn may run, and must be known to be interrupted. */
async function lateTurn(starting: Promise<string>, follower: TurnFollower): Promise<string | undefined> {
  const answered = await within(
    starting.catch(() => undefined),
    LATE_ANSWER_MS,
  );
  return answered ?? follower.startedTurnId;
}

/** Stopped while the answer to thread/start was under way: a thread that comes to be now would stay loaded. */
async function releaseLate(
  connection: CodexConnection,
  opening: Promise<OpenThread>,
): Promise<Release | null> {
  const opened = await within(
    opening.catch(() => undefined),
    LATE_ANSWER_MS,
  );
  return opened ? releaseThread(connection, opened.threadId, RELEASE_AFTER_STOP_MS) : null;
}

function mayStillRun({ cause }: Stop): boolean {
  return cause === 'cancelled' || cause === 'limit' || cause === 'abandoned' || cause === 'no-answer';
}

function withStep(connection: CodexConnection, { stepMs = DEFAULT_STEP_MS }: TurnOptions): CodexConnection {
  return {
    closed: connection.closed,
    onNotification: (threadId, listener) => connection.onNotification(threadId, listener),
    request: (method, params) => connection.request(method, params, { deadlineMs: stepMs }),
  };
}

function stopOf(error: unknown): Stop {
  if (error instanceof ThreadBusyError) return { cause: 'thread-busy', reason: error.message };
  if (error instanceof RpcDeadlineError) return { cause: 'no-answer', reason: error.message };
  if (error instanceof ConnectionLostError) return { cause: 'connection-lost', reason: error.message };
  if (error instanceof RpcError)
    return { cause: 'refused', reason: `Codex refused ${error.method}: ${error.message}` };
  throw error;
}

async function release(connection: CodexConnection, threadId: string, stop: Stop): Promise<Release | null> {
  if (stop.cause === 'connection-lost') return null;
  return releaseThread(connection, threadId, stop.cause === 'completed' ? RELEASE_MS : RELEASE_AFTER_STOP_MS);
}

/** Codex's word about the end counts before ours: a turn that completed while we interrupted it is completed. */
function ended(
  stop: Stop,
  threadId: string | null,
  turnId: string | null,
  turn: TurnRecord,
  released: Release | null,
): TurnResult {
  const { reasoningSummary, touchedFiles, commands, tokenUsage } = turn;
  const judged = judge(stop, turn);
  // Codex fills both with a stock phrase when a review is cut off ("Please re-run /review …").
  const cutOffReview = turn.reviewText !== null && judged.status !== 'completed';
  return {
    ...judged,
    threadId,
    turnId,
    finalMessage: cutOffReview ? '' : turn.finalMessage,
    reviewText: cutOffReview ? null : turn.reviewText,
    reasoningSummary,
    touchedFiles,
    commands,
    tokenUsage,
    error: turn.end?.error ?? turn.fatalError,
    release: released,
  };
}

type Judgement = Pick<TurnResult, 'status' | 'cause' | 'limit' | 'reason'>;

function judge(stop: Stop, { end, fatalError }: TurnRecord): Judgement {
  const { cause, reason, limit } = stop;
  if (end?.status === 'completed')
    return { status: 'completed', cause: 'completed', reason: 'The turn completed.' };
  if (cause === 'cancelled') return { status: 'interrupted', cause, reason };
  if (cause === 'limit' && limit) return { status: 'timed-out', cause, limit, reason };
  if (end?.status === 'interrupted')
    return {
      status: 'interrupted',
      cause: 'interrupted',
      reason: 'The turn was interrupted by somebody else.',
    };
  if (cause === 'completed' || cause === 'abandoned') {
    const said = end?.error?.message ?? fatalError?.message ?? reason;
    return { status: 'failed', cause: 'turn-failed', reason: said };
  }
  return { status: 'failed', cause, reason };
}

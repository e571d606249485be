import type { CodexConnection } from './connection.ts';
import { deferred } from './deferred.ts';
import { within } from './limits.ts';
import { fields, text } from './protocol.ts';
import { ConnectionLostError, RpcDeadlineError, RpcError } from './rpc.ts';

export interface Release {
  /** true: unloaded, so that `codex resume ID` works at once */
  released: boolean;
  /** commands that still ran as background terminals, and were stopped */
  stopped: string[];
  /** commands that could not be stopped */
  left: string[];
  /** why it is not released, or why this is not known */
  problem: string | null;
}

interface Terminal {
  processId: string;
  command: string;
}

/**
 * Lets go of a thread at the end of a job: stops the commands that outlived their turn (turn/interrupt leaves them
 * running), then unsubscribes and waits until Codex has unloaded the thread, which frees its writer lock. Took 1–3 ms
 * on 0.169 with `thread_unload_delay_secs=0`. Never rejects; bounded by `budgetMs` in all.
 */
export async function releaseThread(
  connection: CodexConnection,
  threadId: string,
  budgetMs = 4_000,
): Promise<Release> {
  const until = performance.now() + budgetMs;
  const left = () => Math.max(1, until - performance.now());
  const ask = (method: string, params: object = {}) =>
    connection.request(method, { threadId, ...params }, { deadlineMs: left() });

  const report: Release = { released: false, stopped: [], left: [], problem: null };
  const unloaded = deferred<true>();
  const unlisten = connection.onNotification(threadId, ({ method }) => {
    if (method === 'thread/closed') unloaded.resolve(true);
  });
  try {
    const terminals = await listTerminals(ask);
    for (const { processId } of terminals) await ask('thread/backgroundTerminals/terminate', { processId });
    const remaining = terminals.length > 0 ? await cleanUp(ask) : [];
    report.left = remaining.map(({ command }) => command);
    report.stopped = terminals.filter((one) => !remaining.some(same(one))).map(({ command }) => command);

    const { status } = fields(await ask('thread/unsubscribe'));
    report.released = status === 'notLoaded' || ((await within(unloaded.promise, left())) ?? false);
    if (!report.released) report.problem = 'Codex keeps the thread loaded.';
  } catch (error) {
    if (isThreadGone(error)) report.released = true;
    else report.problem = problemOf(error);
  } finally {
    unlisten();
  }
  return report;
}

type Ask = (method: string, params?: object) => Promise<unknown>;

async function cleanUp(ask: Ask): Promise<Terminal[]> {
  const remaining = await listTerminals(ask);
  if (remaining.length === 0) return remaining;
  await ask('thread/backgroundTerminals/clean');
  return listTerminals(ask);
}

async function listTerminals(ask: Ask): Promise<Terminal[]> {
  const terminals: Terminal[] = [];
  let cursor: string | null = null;
  do {
    const page = fields(await ask('thread/backgroundTerminals/list', { cursor }));
    for (const entry of Array.isArray(page.data) ? page.data.map(fields) : [])
      terminals.push({ processId: text(entry.processId), command: text(entry.command) });
    cursor = text(page.nextCursor) || null;
  } while (cursor !== null);
  return terminals;
}

function same(one: Terminal) {
  return (other: Terminal) => other.processId === one.processId;
}

/** "thread not found: ID": nobody has it loaded any more. */
function isThreadGone(error: unknown): boolean {
  return error instanceof RpcError && /thread not (found|loaded)/i.test(error.message);
}

function problemOf(error: unknown): string {
  if (error instanceof RpcError || error instanceof RpcDeadlineError || error instanceof ConnectionLostError)
    return error.message;
  throw error;
}

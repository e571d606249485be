import { deferred } from '../../domain/base/deferred.ts';
import { type Ask, isThreadGone } from '../wire/ask.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import { fields } from '../wire/protocol.ts';
import { ConnectionLostError, RpcDeadlineError, RpcError } from '../wire/rpc.ts';
import { findSubagents, stopSubagent } from './subagents.ts';
import { stopTerminals } from './terminals.ts';

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

export interface ReleaseOptions {
  /** 4,000 */
  budgetMs?: number;
  /** `none` saves the search, which reads every loaded thread */
  subagents?: 'search' | 'none';
  /** Called where commands still run, to end them in a better way than Codex does: see terminals.ts. */
  endCommands?: (() => Promise<unknown>) | undefined;
}

/**
 * Lets go of a thread at the end of a job: stops the commands that outlived their turn and the agents that the model
 * started (turn/interrupt leaves both running), then unsubscribes and waits until Codex has unloaded the thread, which
 * frees its writer lock. Took 1–3 ms on 0.169 with `thread_unload_delay_secs=0`. Never rejects; bounded by `budgetMs`.
 */
export async function releaseThread(
  connection: CodexConnection,
  threadId: string,
  { budgetMs = 4_000, subagents = 'search', endCommands }: ReleaseOptions = {},
): Promise<Release> {
  const until = performance.now() + budgetMs;
  const left = () => Math.max(1, until - performance.now());
  const ask: Ask = (id, method, params) =>
    connection.request(method, { threadId: id, ...params }, { deadlineMs: left() });

  const report: Release = { released: false, stopped: [], left: [], problem: null };
  const unloaded = deferred<true>();
  const unlisten = connection.onNotification(threadId, ({ method }) => {
    if (method === 'thread/closed') unloaded.resolve(true);
  });
  try {
    const agents = subagents === 'search' ? await findSubagents(ask, threadId) : [];
    const stops = [
      ...agents.map((id) => stopSubagent(ask, id, endCommands)),
      stopTerminals(ask, threadId, endCommands),
    ];
    for (const terminals of await Promise.all(stops)) {
      report.stopped.push(...terminals.stopped);
      report.left.push(...terminals.left);
    }
    const { status } = fields(await ask(threadId, 'thread/unsubscribe'));
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

function problemOf(error: unknown): string {
  if (error instanceof RpcError || error instanceof RpcDeadlineError || error instanceof ConnectionLostError)
    return error.message;
  throw error;
}

import { type Ask, isThreadGone } from '../wire/ask.ts';
import { fields, text, texts } from '../wire/protocol.ts';
import { RpcError } from '../wire/rpc.ts';
import { type StoppedTerminals, stopTerminals } from './terminals.ts';

/**
 * The model may start agents (`spawn_agent`), each on a thread of its own. Interrupting and releasing the thread that
 * started them touches neither their turns nor their commands (0.169, tried).
 */

/** The loaded threads that descend from this one. */
export async function findSubagents(ask: Ask, threadId: string): Promise<string[]> {
  const loaded = texts(fields(await ask(threadId, 'thread/loaded/list')).data).filter(
    (id) => id !== threadId,
  );
  const parents = new Map<string, string>();
  for (const id of loaded) parents.set(id, await parentOf(ask, id));

  const family = new Set([threadId]);
  // A set that grows while it is walked is walked to its end: agents of agents are found, too.
  for (const member of family) for (const [id, parent] of parents) if (parent === member) family.add(id);
  family.delete(threadId);
  return [...family];
}

/** Ends an agent's turn and its commands, and lets go of its thread. */
export async function stopSubagent(
  ask: Ask,
  threadId: string,
  endCommands?: () => Promise<unknown>,
): Promise<StoppedTerminals> {
  try {
    await interruptWhatRuns(ask, threadId);
    const stopped = await stopTerminals(ask, threadId, endCommands);
    await ask(threadId, 'thread/unsubscribe');
    return stopped;
  } catch (error) {
    if (isThreadGone(error)) return { stopped: [], left: [] };
    throw error;
  }
}

async function parentOf(ask: Ask, threadId: string): Promise<string> {
  try {
    return text(fields(fields(await ask(threadId, 'thread/read')).thread).parentThreadId);
  } catch (error) {
    if (error instanceof RpcError) return ''; // gone, or another job's: the broker shows it to its owner only
    throw error;
  }
}

/** The id of another's turn is not known to us: Codex names it in its refusal. */
async function interruptWhatRuns(ask: Ask, threadId: string): Promise<void> {
  let turnId = 'unknown';
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      await ask(threadId, 'turn/interrupt', { turnId });
      return;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const running = /but found `?([0-9a-f-]+)/.exec(error.message)?.[1];
      if (running === undefined) return; // "no active turn to interrupt", or the thread is gone
      turnId = running;
    }
  }
}

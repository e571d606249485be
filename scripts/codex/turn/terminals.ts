import type { Ask } from '../wire/ask.ts';
import { fields, text } from '../wire/protocol.ts';

/** What became of the commands that outlived their tool calls. */
export interface StoppedTerminals {
  stopped: string[];
  left: string[];
}

interface Terminal {
  processId: string;
  command: string;
}

/**
 * Ends the thread's background terminals, each with its process group. Codex kills them at once, its sandbox as well,
 * which then leaves empty `.agents`, `.aws` and `.codex` behind in the repository and the temp directory (0.169,
 * tried): `endCommands` may end them before that.
 */
export async function stopTerminals(
  ask: Ask,
  threadId: string,
  endCommands?: () => Promise<unknown>,
): Promise<StoppedTerminals> {
  const terminals = await list(ask, threadId);
  if (terminals.length === 0) return { stopped: [], left: [] };
  await endCommands?.();
  for (const { processId } of endCommands ? await list(ask, threadId) : terminals)
    await ask(threadId, 'thread/backgroundTerminals/terminate', { processId });
  const remaining = await cleanUp(ask, threadId);
  const isLeft = (one: Terminal) => remaining.some(({ processId }) => processId === one.processId);
  return {
    stopped: terminals.filter((one) => !isLeft(one)).map(({ command }) => command),
    left: remaining.map(({ command }) => command),
  };
}

async function cleanUp(ask: Ask, threadId: string): Promise<Terminal[]> {
  const remaining = await list(ask, threadId);
  if (remaining.length === 0) return remaining;
  await ask(threadId, 'thread/backgroundTerminals/clean');
  return list(ask, threadId);
}

async function list(ask: Ask, threadId: string): Promise<Terminal[]> {
  const terminals: Terminal[] = [];
  let cursor: string | null = null;
  do {
    const page = fields(await ask(threadId, 'thread/backgroundTerminals/list', { cursor }));
    for (const entry of Array.isArray(page.data) ? page.data.map(fields) : [])
      terminals.push({ processId: text(entry.processId), command: text(entry.command) });
    cursor = text(page.nextCursor) || null;
  } while (cursor !== null);
  return terminals;
}

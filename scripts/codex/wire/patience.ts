import type { CodexConnection } from './connection.ts';
import { within } from './deadlines.ts';
import { isOverload } from './overload.ts';
import { RpcDeadlineError } from './rpc.ts';

/**
 * The same connection, but its requests wait as long as the app-server is alive: when an answer is late, it is asked for
 * something that it answers within 5 ms whatever it does, also while it starts MCP servers (`config/read`; 0.171, tried).
 * One that is overloaded is asked again.
 * What else bounds a request is the caller's.
 * @param stepMs milliseconds without the answer until it is asked, and for what it is asked then
 * @returns requests reject with RpcDeadlineError where it is mute, and else as those of the connection
 */
export function patient(connection: CodexConnection, cwd: string, stepMs: number): CodexConnection {
  return {
    closed: connection.closed,
    onNotification: (threadId, listener) => connection.onNotification(threadId, listener),
    async request(method, params) {
      const answer = untilTaken(() => connection.request(method, params, { deadlineMs: 0 }));
      const settled = answer.then(
        () => true,
        () => true,
      );
      while (!(await within(settled, stepMs))) {
        const alive = givesASign(connection, cwd, stepMs);
        if (!(await Promise.race([settled, alive]))) throw new RpcDeadlineError(method, 2 * stepMs);
      }
      return answer;
    },
  };
}

/** Each time it has been repeated with pauses before, for some 8 s (overload.ts). */
async function untilTaken(ask: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isOverload(error)) throw error;
    }
  }
}

async function givesASign(connection: CodexConnection, cwd: string, withinMs: number): Promise<boolean> {
  try {
    await connection.request('config/read', { cwd }, { deadlineMs: withinMs });
    return true;
  } catch (error) {
    // A refusal is an answer, and a lost connection is told by the request that waits.
    return !(error instanceof RpcDeadlineError);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { CodexConnection } from './connection.ts';
import type { TurnFollower } from './follow-turn.ts';
import { within } from './limits.ts';
import { RpcError } from './rpc.ts';

const NOT_YET_PAUSE_MS = 50;

/**
 * Interrupts the turn and waits for its end; true when it ended in time. The commands it started go on: see release.ts.
 * Two refusals of 0.169 are repeated: "no active turn to interrupt" right after turn/start, and "expected active turn
 * id A but found B" while a review's inner turn is not announced yet.
 */
export async function interruptTurn(
  connection: CodexConnection,
  threadId: string,
  turn: Pick<TurnFollower, 'activeTurnId' | 'completed'>,
  budgetMs: number,
): Promise<boolean> {
  const until = performance.now() + budgetMs;
  const left = () => Math.max(1, until - performance.now());
  let over = false;
  const ended = turn.completed.then(() => {
    over = true;
    return true;
  });

  while (!over && performance.now() < until) {
    const turnId = turn.activeTurnId;
    if (turnId === undefined) break;
    try {
      await Promise.race([
        connection.request('turn/interrupt', { threadId, turnId }, { deadlineMs: left() }),
        ended,
      ]);
      break;
    } catch (error) {
      if (!(error instanceof RpcError)) break; // mute or gone: asking again would say no more
      if (/thread not found/.test(error.message)) return false; // unloaded, and its turn with it
      await Promise.race([delay(NOT_YET_PAUSE_MS), ended]);
    }
  }
  return (await within(ended, left())) ?? false;
}

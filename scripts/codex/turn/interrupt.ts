import { setTimeout as delay } from 'node:timers/promises';
import type { CodexConnection } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import { RpcError } from '../wire/rpc.ts';
import type { TurnFollower } from './follow.ts';

const NOT_YET_PAUSE_MS = 50;
/** Codex names the turn that it wants: a review's inner one, of which 0.156 does not say whose it is (tried). */
const WANTED_TURN = /but found `?([0-9a-f-]+)/;

/**
 * Interrupts the turn and waits for its end; true when it ended in time. The commands it started go on: see release.ts.
 * Two refusals are answered by another try: "no active turn to interrupt" right after turn/start, and "expected active
 * turn id A but found B" for a review whose inner turn is not known to be ours; nobody else's can run on our thread.
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
  let wanted: string | undefined;
  const ended = turn.completed.then(() => {
    over = true;
    return true;
  });

  while (!over && performance.now() < until) {
    const turnId = wanted ?? turn.activeTurnId;
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
      wanted = WANTED_TURN.exec(error.message)?.[1];
      await Promise.race([delay(NOT_YET_PAUSE_MS), ended]);
    }
  }
  return (await within(ended, left())) ?? false;
}

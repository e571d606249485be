import { deferred } from '../../domain/base/deferred.ts';
import type { JobTrace } from '../../process/job/find.ts';
import { endJobCommands } from '../../process/job/stop.ts';
import type { AppServer } from '../program/app-server.ts';
import { interruptTurn } from '../turn/interrupt.ts';
import { releaseThread } from '../turn/release.ts';
import { within } from '../wire/deadlines.ts';

const LATE_ANSWER_MS = 3_000;
const INTERRUPT_MS = 2_000;
const RELEASE_MS = 2_000;

/**
 * Stops what a client that is gone left on its thread, the turn and the commands that it started, and lets go of the
 * thread. `open` are its requests under way: one may be that for the turn, which is then known by its answer.
 */
export async function tidyThread(
  server: AppServer,
  threadId: string,
  turnOn: () => string | undefined,
  open: Iterable<Promise<unknown>>,
  job: JobTrace,
): Promise<void> {
  await within(Promise.allSettled(open), LATE_ANSWER_MS);
  // Before the interrupt, which kills a command of the last moment as Codex's own `terminate` does (codex/turn/terminals.ts).
  // Its worker could not do so: a turn that its commands' end brings to its own end is not told as cancelled.
  await endJobCommands(job);
  if (turnOn() !== undefined) await interrupt(server, threadId, turnOn);
  await releaseThread(server, threadId, { budgetMs: RELEASE_MS });
}

async function interrupt(
  server: AppServer,
  threadId: string,
  turnOn: () => string | undefined,
): Promise<void> {
  const completed = deferred();
  const unlisten = server.onNotification(threadId, ({ method }) => {
    if (method === 'turn/completed') completed.resolve();
  });
  const turn = {
    get activeTurnId() {
      return turnOn();
    },
    completed: completed.promise,
  };
  await interruptTurn(server, threadId, turn, INTERRUPT_MS);
  unlisten();
}

import { deferred } from '../../domain/base/deferred.ts';
import type { CodexConnection } from '../wire/connection.ts';
import { type ThreadEvent, threadEvent } from '../wire/protocol.ts';
import { emptyRecord, type Progress, record, type Step, stepOf, type TurnRecord } from './record.ts';

/** Watches one thread and keeps the record of one turn on it. */
export interface TurnFollower {
  /** Names the turn; what came before is sorted out now, since its notifications may overtake the answer. */
  follow(turnId: string): void;
  readonly record: TurnRecord;
  /** The id that `turn/interrupt` wants now: the running turn's own, see `interruptible` below. */
  readonly activeTurnId: string | undefined;
  /** The turn that was announced before any was named by \`follow\`. */
  readonly startedTurnId: string | undefined;
  /** Resolves at `turn/completed`. */
  readonly completed: Promise<void>;
  /** Resolves with the reason when no `turn/completed` is to be expected any more. */
  readonly abandoned: Promise<string>;
  /** when this thread last gave a sign of life, by performance.now() */
  readonly lastSignOfLife: number;
  tell(step: Step): void;
  stop(): void;
}

/** `turn/completed` follows a final `error` within 5 ms on 0.169; what is not there after this time never comes. */
const AFTER_ERROR_MS = 1_000;
/** A command in the background may print for ever; that says nothing of the model. */
const COMMAND_OUTPUT = 'item/commandExecution/outputDelta';

export function followTurn(
  connection: CodexConnection,
  threadId: string,
  onProgress: (progress: Progress) => void,
): TurnFollower {
  let turnId: string | undefined;
  let interruptible: string | undefined;
  let turn = emptyRecord();
  let early: ThreadEvent[] = [];
  let lastSignOfLife = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const completed = deferred();
  const abandoned = deferred<string>();

  const unlisten = connection.onNotification(threadId, (notification) => {
    if (notification.method !== COMMAND_OUTPUT) lastSignOfLife = performance.now();
    const event = threadEvent(notification);
    if (turnId === undefined) early.push(event);
    else take(event);
  });

  function take(event: ThreadEvent): void {
    if (event.kind === 'thread-closed') abandon('Codex unloaded the thread while the turn ran.');
    if (!isOurs(event)) return;
    // A review runs as a turn inside ours. Items and the end carry our id, but only the inner one can be interrupted:
    // "expected active turn id A but found B" (0.169, tried).
    if (event.kind === 'turn-started') interruptible = event.turnId;
    turn = record(turn, event);
    const step = stepOf(event);
    if (step) tell(step);
    if (event.kind === 'error' && !event.willRetry) abandon(event.error.message);
    if (event.kind === 'turn-completed') {
      clearTimeout(timer);
      completed.resolve();
    }
  }

  function isOurs(event: ThreadEvent): boolean {
    if (event.kind === 'thread-closed' || event.kind === 'other') return true;
    if (event.turnId === turnId) return true;
    return event.kind === 'turn-started' && event.rootTurnId === turnId;
  }

  function abandon(reason: string): void {
    timer ??= setTimeout(() => abandoned.resolve(reason), AFTER_ERROR_MS);
  }

  function tell(step: Step): void {
    const ids = turnId === undefined ? { threadId } : { threadId, turnId };
    onProgress({ at: new Date().toISOString(), ...step, ...ids });
  }

  return {
    follow(id) {
      turnId = id;
      const before = early;
      early = [];
      before.forEach(take);
    },
    get record() {
      return turn;
    },
    get activeTurnId() {
      return interruptible ?? turnId;
    },
    get startedTurnId() {
      return early.find((event) => event.kind === 'turn-started')?.turnId;
    },
    completed: completed.promise,
    abandoned: abandoned.promise,
    get lastSignOfLife() {
      return lastSignOfLife;
    },
    tell,
    stop() {
      clearTimeout(timer);
      unlisten();
    },
  };
}

import { CompanionError } from '../../domain/base/errors.ts';
import { liveJobs, type WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { warn } from '../../state/files/warnings.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { beginOfLine, type EventLine, oldestEvent, readEvents } from '../../state/workspace/event-log.ts';
import { readState } from '../../state/workspace/store.ts';
import { Alarm } from '../reading/alarm.ts';
import { awaitingNotice, recordChanges } from './record-changes.ts';

/** What is worth a look at once. Output is not: it may come thousands of times a second. */
const TELLING_FILES = ['state.json', 'claim', 'progress.jsonl', 'exit', 'outcome.json'].concat(
  [1, 2, 3].map((number) => `told.${number}.said`),
);
/** While jobs live: the pace of their output cursors, and what no file tells (a worker that was killed). */
const BUSY_MS = 1_000;
/** With no job, for file systems without file events. */
const IDLE_MS = 15_000;
/** A burst of progress lines is recorded together. */
const PAUSE_MS = 100;

export interface Follower {
  tell(event: EventLine): Promise<void>;
  /** asked after every look; true ends the following */
  isOver(): boolean;
}

/** The number to begin with: `from`, checked, or the oldest event that is kept. */
export function beginAt(layout: WorkspaceLayout, from: number | undefined): number {
  const { end } = readState(layout).events;
  if (from === undefined) return oldestEvent(layout, end);
  if (from > end)
    throw new CompanionError(
      'usage',
      `--from ${from} lies beyond the last event; the next one will be number ${end}.`,
      {
        hint: `--from ${end}, or the "next" of the last line that you have read in this workspace`,
      },
    );
  const begin = from === end ? end : beginOfLine(layout, from);
  if (begin === from) return from;
  throw new CompanionError('usage', `--from ${from} lies within event ${begin}.`, {
    hint: `--from ${begin}, or the "next" of the last line that you have read`,
  });
}

/** Tells the events that are on record from number `at` on, and returns the number of the next one. */
export async function tellEvents(
  layout: WorkspaceLayout,
  at: number,
  tell: Follower['tell'],
): Promise<number> {
  return tellUpTo(layout, at, readState(layout), tell);
}

async function tellUpTo(
  layout: WorkspaceLayout,
  at: number,
  { events }: WorkspaceState,
  tell: Follower['tell'],
): Promise<number> {
  let next = at;
  for (const event of readEvents(layout, at, events.end)) {
    await tell(event);
    next = event.next;
  }
  return next;
}

/**
 * The same, and goes on with what comes, until it is over: pushed by file events, and looked for now and then. While it
 * lasts, what happens inside a job's life is recorded, too.
 */
export async function followEvents(
  layout: WorkspaceLayout,
  from: number,
  follower: Follower,
  alarm: Alarm,
): Promise<void> {
  const observer = new Observer(layout);
  for (let at = from; ; ) {
    const state = readState(layout);
    at = await tellUpTo(layout, at, state, follower.tell);
    if (follower.isOver()) return;
    const live = liveJobs(state);
    const watched = [...live, ...awaitingNotice(layout, state)].map((job) => jobDirectory(layout, job.id));
    const added = alarm.watchOnly([layout.directory, ...watched]);
    const pace = live.length > 0 ? BUSY_MS : IDLE_MS;
    const due = watched.length > 0 ? await observer.observe(state, pace) : pace;
    await alarm.rings(added ? PAUSE_MS : due);
  }
}

export function eventAlarm(layout: WorkspaceLayout): Alarm {
  return new Alarm([layout.directory], TELLING_FILES);
}

class Observer {
  readonly #layout: WorkspaceLayout;
  #last = Number.NEGATIVE_INFINITY;
  #complaint = '';

  constructor(layout: WorkspaceLayout) {
    this.#layout = layout;
  }

  /** Observes unless it has done so a moment ago; returns after how many milliseconds to look again, `pace` as a rule. */
  async observe(state: WorkspaceState, pace: number): Promise<number> {
    const rest = this.#last + PAUSE_MS - performance.now();
    if (rest > 0) return rest;
    try {
      await recordChanges(this.#layout, state);
    } catch (error) {
      this.#complain(error);
    }
    this.#last = performance.now();
    return pace;
  }

  /** Where nothing can be recorded (a sandbox, a full disk, a busy lock), what others record is still told. */
  #complain(error: unknown): void {
    if (!(error instanceof CompanionError)) throw error;
    if (error.code === 'state-locked' || error.message === this.#complaint) return;
    this.#complaint = error.message;
    warn(error.message);
  }
}

import { desktop } from './ways/desktop.ts';
import { doorbell } from './ways/doorbell.ts';
import { hostQueue } from './ways/host-queue.ts';
import { nextHook } from './ways/next-hook.ts';
import { onComplete } from './ways/on-complete.ts';
import { wakeClosed } from './ways/wake-closed.ts';
import type { JobEnd, NoticeWay } from './ways/way.ts';

/** What must not be forgotten: begun before the index says that the job has ended, which is what says that it is still to do. */
const FIRST: NoticeWay[] = [nextHook, onComplete];
/** What follows, once a reader finds the job ended. */
const THEN: NoticeWay[] = [doorbell, hostQueue, wakeClosed, desktop];

/**
 * What follows a job's end, the one place for it: every way in which somebody learns of it. Called when the outcome is
 * committed; `index` brings the index in step. May be repeated by anybody.
 */
export async function announce(end: JobEnd, index: () => Promise<unknown>): Promise<void> {
  for (const way of FIRST) await way.begin(end);
  await index();
  for (const way of THEN) await way.begin(end);
}

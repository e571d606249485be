import { isTrouble } from '../../domain/base/errors.ts';
import { leftoversOf } from '../../domain/job/kinds.ts';
import { type IndexedJob, liveJobs } from '../../domain/workspace/workspace-state.ts';
import { placeOf } from '../../places/places.ts';
import { type JobFacts, readJobFacts } from '../../state/job/job-directory.ts';
import { layoutOfJob, type WorkspaceLayout } from '../../state/layout.ts';
import { whyOverFor } from '../../state/session/session-record.ts';
import { readState } from '../../state/workspace/store.ts';
import { isInHand } from '../../use-cases/jobs/cancel.ts';
import { seeToLeftovers } from '../../use-cases/jobs/leftovers.ts';
import { settle } from '../../use-cases/jobs/settle.ts';
import { seeThrough } from '../../use-cases/notices/see-through.ts';
import { sweep } from '../../use-cases/upkeep/sweep.ts';

/**
 * What is left to do when a shell job has ended and its wrapper has recorded how: the outcome and the index. The last
 * one out sweeps the workspace, and whoever sees a crashed client's foreground job; if each did, the ends of a crowd
 * would cost its square. Anybody may repeat all this, and nothing is lost where it never runs. `not-yet`: the job waits for what its command has left running, named in `left`.
 */
export async function finishJob(directory: string): Promise<'done' | 'not-yet'> {
  const before = readJobFacts(directory);
  const { request } = before;
  const layout = layoutOfJob(directory, request.workspaceRoot);
  await stopTheRest(before);
  if (leftoversOf(request) !== 'leave') await seeToLeftovers(directory);
  const { facts } = await settle(layout, request.id);
  // Nothing else is due before its end; the wrapper comes again.
  if (!facts.outcome && leftoversOf(request) !== 'leave') return 'not-yet';
  await sweepIfLast(layout);
  await seeThrough(layout, request);
  return 'done';
}

async function sweepIfLast(layout: WorkspaceLayout): Promise<void> {
  const live = liveJobs(readState(layout));
  if (live.length > 0 && !live.some((job) => isOrphaned(layout, job))) return;
  try {
    await sweep(layout);
  } catch (error) {
    // The job itself is settled; what else is due is found by the next sweep.
    if (!isTrouble(error)) throw error;
    console.error(error.message);
  }
}

/** A foreground job of a client that has crashed: no hook has told of that. */
function isOrphaned({ root }: WorkspaceLayout, { background, origin }: IndexedJob): boolean {
  return !background && origin !== null && whyOverFor(root, origin) !== null;
}

/**
 * Stopping a job stops all of it, by whoever began with it while he lives: a second TERM would cut short what the first
 * one asked for. A limit's watchdog, which is sh, reaches the command's group alone; and a canceller may
 * have been killed in its grace period.
 */
async function stopTheRest(facts: JobFacts): Promise<void> {
  if (!facts.stop || facts.exit?.kind !== 'status' || isInHand(facts.directory)) return;
  await placeOf(facts.request).stop(facts, { signal: 'SIGTERM', graceMs: 3_000, killMs: 3_000 });
}

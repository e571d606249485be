import { CompanionError } from '../../domain/base/errors.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import { briefOutcome } from '../../domain/job/outcome-text.ts';
import type { ContinueResult, PauseResult } from '../../domain/job/processes.ts';
import { placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { forgetPause, notePaused, readPaused } from '../../state/job/stop-files.ts';
import { jobDirectory } from '../../state/layout.ts';
import type { FoundJob } from '../reading/find-job.ts';
import type { JobReading } from '../reading/read-job.ts';
import { settle } from './settle.ts';

/**
 * Stops all processes of a shell job for a while. Its stall limit stands still, its deadline does not. Again for a
 * paused one: whatever has been started or continued since is stopped, too. Throws `wrong-state` where that cannot be.
 */
export async function pause(job: FoundJob, by: string): Promise<PauseResult & { reading: JobReading }> {
  const reading = await pausable(job);
  const directory = jobDirectory(job.layout, job.id);
  const earlier = readPaused(directory);
  const note = { by, at: now(), before: [] };
  // Before anyone is stopped, so that no silence counts.
  if (!earlier) notePaused(directory, note);
  const result = await placeOf(reading.facts.request).pause(reading.facts);
  if (result.paused.length + result.left.length === 0) {
    forgetPause(directory);
    throw notPausable(await settle(job.layout, job.id), 'none of its processes is there');
  }
  if (!earlier) notePaused(directory, { ...note, before: result.before });
  return { ...result, reading };
}

/**
 * Lets a paused job go on, whoever paused it, and one that has stopped itself. Throws `wrong-state` where nothing of it is
 * stopped.
 */
export async function resume(job: FoundJob): Promise<ContinueResult & { reading: JobReading }> {
  const reading = await pausable(job);
  const directory = jobDirectory(job.layout, job.id);
  const note = readPaused(directory);
  const result = placeOf(reading.facts.request).resume(reading.facts, note?.before ?? []);
  if (!note && result.resumed.length + result.left.length === 0)
    throw new CompanionError('wrong-state', `${job.id} is not paused.`, {
      hint: `codex-companion status ${job.id}`,
    });
  // Afterwards: one that is killed in between is called again, and finds what is to be done.
  if (result.left.length === 0) forgetPause(directory);
  return { ...result, reading };
}

async function pausable(job: FoundJob): Promise<JobReading> {
  const reading = await settle(job.layout, job.id);
  const { facts, state } = reading;
  const { pauseObstacle } = KINDS[facts.request.kind];
  if (pauseObstacle !== null)
    throw new CompanionError('wrong-state', `${job.id} ${pauseObstacle}.`, {
      hint: `Stop it by codex-companion cancel ${job.id}; go on later by codex-companion task --resume ${job.id} "…"`,
    });
  if (!placeOf(facts.request).pauses)
    throw notPausable(reading, `its place, ${facts.request.place}, cannot pause a job`);
  if (state.stage === 'finished') throw notPausable(reading, 'it has ended');
  if (state.stage === 'stopping') throw notPausable(reading, 'it is being stopped');
  if (state.stage === 'queued' || !facts.command) throw notPausable(reading, 'its command has not begun yet');
  return reading;
}

function notPausable({ facts }: JobReading, why: string): CompanionError {
  const { request, outcome } = facts;
  const how = outcome ? `it has ended: ${briefOutcome(outcome)}` : why;
  return new CompanionError('wrong-state', `${request.id} can neither be paused nor resumed: ${how}.`, {
    hint: `codex-companion status ${request.id}`,
  });
}

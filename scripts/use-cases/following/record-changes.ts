import { existsSync, statSync } from 'node:fs';
import { amountOf } from '../../domain/job/limits.ts';
import { type NoticeSight, type Sight, withNoticeSight, withSight } from '../../domain/workspace/events.ts';
import { NOTHING_TOLD, type Told } from '../../domain/workspace/job-event.ts';
import { type IndexedJob, liveJobs, type WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { now } from '../../process/clock.ts';
import { type JobFacts, jobFiles } from '../../state/job/job-directory.ts';
import { readSettlement, readTellingRecords, wasSaid } from '../../state/job/notice-files.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { logSize, readBytes } from '../../state/log/log.ts';
import { update } from '../../state/workspace/store.ts';
import { settle } from '../jobs/settle.ts';
import { orPassOver, orPassOverLater, saysNothing } from '../reading/one-of-many.ts';
import { lifeOf, readJob } from '../reading/read-job.ts';

/** The lock belongs to the jobs; an observation can wait for the next one. */
const PATIENCE = { patienceMs: 1_000 };
/** Without a sign of life for this long a job is told to be stalled; half of its own stall limit where that is less. */
const SILENCE_MS = 300_000;
/** A job's own last step brings the index in step; after this it is taken to be in trouble. */
const LAST_STEP_MS = 2_000;
const PROGRESS_BYTES = 1 << 18;

/**
 * Records what nobody else records: a living job's start, its phases, how much output there is, that it has gone silent;
 * the end of one whose worker is gone; and that an agent was told of an end. Any number of followers may do this at once: what one has told, the
 * others find told.
 */
export async function recordChanges(layout: WorkspaceLayout, state: WorkspaceState): Promise<void> {
  const sights: Sight[] = [];
  for (const job of liveJobs(state)) {
    const sight = await orPassOverLater(job.id, () => look(layout, job), saysNothing);
    if (sight) sights.push(sight);
  }
  const notices = awaitingNotice(layout, state).flatMap(
    (job) => orPassOver(job.id, () => noticeSight(layout, job), saysNothing) ?? [],
  );
  const tell = (current: WorkspaceState) =>
    notices.reduce(withNoticeSight, sights.reduce(withSight, current));
  if (tell(state) !== state) await update(layout, tell, PATIENCE);
}

/** Finished jobs of a session, whose notice is not done with. */
export function awaitingNotice(layout: WorkspaceLayout, state: WorkspaceState): IndexedJob[] {
  return state.jobs.filter((job) => orPassOver(job.id, () => isAwaiting(layout, job), saysNothing));
}

function isAwaiting(layout: WorkspaceLayout, job: IndexedJob): boolean {
  if (!job.finished || !job.origin) return false;
  const directory = jobDirectory(layout, job.id);
  if (existsSync(directory) && readSettlement(directory) === null) return true;
  // Settled since the last look. A teller that was killed leaves a number that nothing was said with.
  return [1, 2, 3].some((more) => wasSaid(directory, (job.told?.notices ?? 0) + more));
}

function noticeSight(layout: WorkspaceLayout, { id }: IndexedJob): NoticeSight {
  const directory = jobDirectory(layout, id);
  const tellings = readTellingRecords(directory).flatMap(({ at, way, session }, index) => {
    const number = index + 1;
    return wasSaid(directory, number) ? [{ number, at, way, sessionId: session.sessionId }] : [];
  });
  return { jobId: id, tellings };
}

async function look(layout: WorkspaceLayout, job: IndexedJob): Promise<Sight | undefined> {
  const { facts, state } = readJob(layout, job.id);
  if (facts.outcome) {
    if (isLeftToOthers(facts)) await settle(layout, job.id, PATIENCE.patienceMs);
    return undefined;
  }
  const startedAt = 'startedAt' in state ? state.startedAt : null;
  if (startedAt === null) return undefined;
  const told = job.told ?? NOTHING_TOLD;
  const files = jobFiles(jobDirectory(layout, job.id));
  const output = logSize(files.log);
  return {
    jobId: job.id,
    at: now(),
    startedAt,
    phases: phasesAfter(files.progress, told),
    output,
    shrunk: output < told.output,
    silentSince: existsSync(files.paused)
      ? null
      : silentSince([files.progress, files.log], startedAt, amountOf(facts.request, 'stall')),
  };
}

function isLeftToOthers(facts: JobFacts): boolean {
  if (facts.claim?.kind !== 'worker' || lifeOf(facts) === 'dead') return true;
  return Date.now() - Date.parse(facts.outcome?.finishedAt ?? '') > LAST_STEP_MS;
}

/** Whole lines of progress.jsonl only; one that is no progress counts for nothing. */
function phasesAfter(file: string, { progress }: Told): Sight['phases'] {
  const bytes = readBytes(file, progress, PROGRESS_BYTES);
  const phases: Sight['phases'] = [];
  for (
    let start = 0, feed = bytes.indexOf(10);
    feed >= 0;
    start = feed + 1, feed = bytes.indexOf(10, start)
  ) {
    const phase = parsePhase(bytes.toString('utf8', start, feed));
    if (phase) phases.push({ ...phase, cursor: progress + feed + 1 });
  }
  return phases;
}

const MESSAGE_LIMIT = 500;

function parsePhase(line: string): Omit<Sight['phases'][number], 'cursor'> | undefined {
  try {
    const { at, phase, message } = JSON.parse(line) as Record<string, unknown>;
    const told = [at, phase, message].every((one) => typeof one === 'string');
    return told
      ? { at: String(at), phase: String(phase), message: String(message).slice(0, MESSAGE_LIMIT) }
      : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    return undefined; // a line that its writer was killed in
  }
}

function silentSince(files: string[], startedAt: string, stallSeconds: number): string | null {
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const last = Math.max(Date.parse(startedAt), ...times);
  const limit = stallSeconds > 0 ? Math.min(SILENCE_MS, stallSeconds * 500) : SILENCE_MS;
  return Date.now() - last > limit ? new Date(last).toISOString() : null;
}

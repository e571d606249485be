import { statSync } from 'node:fs';
import { CompanionError } from '../../domain/base/errors.ts';
import type { Liveness } from '../../domain/base/identity.ts';
import type { Evidence } from '../../domain/job/evidence.ts';
import { type JobState, stateOf } from '../../domain/job/job-state.ts';
import { decideOutcome } from '../../domain/job/outcome.ts';
import { readable } from '../../domain/text/terminal-text.ts';
import { placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { liveness } from '../../process/identity.ts';
import {
  claimJob,
  commitOutcome,
  type JobFacts,
  jobFiles,
  readJobFacts,
  readLastWord,
} from '../../state/job/job-directory.ts';
import { readStopper } from '../../state/job/stop-files.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { readTail } from '../../state/log/log.ts';
import { unacceptedRequest } from './unaccepted.ts';

/** One job as a reader sees it. */
export interface JobReading {
  facts: JobFacts;
  state: JobState;
}

/**
 * Finds the true outcome of one job, commits it if there is one, and returns where the job stands. Anybody may do
 * this at any time and any number of times: worker, finish step, reader, sweep. The index is not touched.
 */
export function readJob(layout: WorkspaceLayout, id: string): JobReading {
  const directory = jobDirectory(layout, id);
  const { facts, worker } = lookAt(factsOrClaim(layout, directory));
  const evidence = evidenceOf(facts, worker);
  const decided = facts.outcome ? undefined : decideOutcome(evidence);
  if (!decided) return { facts, state: stateOf(evidence) };
  const outcome = whereWritable(() => commitOutcome(directory, decided)) ?? decided;
  return { facts: { ...facts, outcome }, state: stateOf({ ...evidence, outcome }) };
}

/** The files are read anew only where this may have changed them: whoever finds many jobs ended reads each of them once. */
function factsOrClaim(layout: WorkspaceLayout, directory: string): JobFacts {
  const facts = readJobFacts(directory);
  if (facts.outcome || facts.claim) return facts;
  whereWritable(() => abandonIfNeverStarted(layout, facts));
  return readJobFacts(directory);
}

interface Look {
  facts: JobFacts;
  worker: Evidence['worker'];
}

/**
 * What the files said, and whether their writer lives. One that is found dead may have recorded its end after they were read,
 * so they are read once more: the dead write nothing. Its last word counts, too.
 */
function lookAt(facts: JobFacts): Look {
  const worker = facts.claim?.kind === 'worker' ? sightOf(facts) : 'none';
  if (worker !== 'dead' || facts.exit) return { facts, worker };
  const { directory } = facts;
  const final = readJobFacts(directory);
  return { facts: { ...final, exit: final.exit ?? readLastWord(directory) }, worker };
}

/** A reader in a sandbox, or on a full disk, still tells what it sees; committing it is left to one that can write. */
function whereWritable<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof CompanionError && error.code === 'state-not-writable') return undefined;
    throw error;
  }
}

function evidenceOf(facts: JobFacts, worker: Evidence['worker']): Evidence {
  const lastSign = worker === 'dead' ? lastSignOf(facts.directory) : null;
  const signalled = wasSignalled(facts);
  return { ...facts, signalled, worker, remaining: remainingOf(facts, worker), now: now(), lastSign };
}

/** Before its end was recorded. A stopper that has come since says so. */
function wasSignalled({ directory, stop, exit }: JobFacts): boolean {
  return stop !== null && exit !== null && readStopper(directory)?.tooLate === false;
}

function lastSignOf(directory: string): string | null {
  const { log, progress } = jobFiles(directory);
  const times = [log, progress].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const last = Math.max(...times);
  return last > 0 ? new Date(last).toISOString() : null;
}

/** Looking at all processes costs milliseconds: only done where the answer decides or is part of the outcome. */
function remainingOf(facts: JobFacts, worker: Evidence['worker']): number {
  if (facts.outcome || facts.claim?.kind !== 'worker') return 0;
  if (!facts.exit && worker !== 'dead') return 0;
  return placeOf(facts.request).processes(facts).length;
}

/**
 * A job that nobody claimed and nobody can claim any more, because the worker that was started for it is dead, or its
 * enqueuer died before it started one. The claim is taken for it, so that a worker which is late after all stays out;
 * where a worker claimed the job between our look and its death, taking the claim fails and the next reading tells. One that
 * was never accepted has no end to tell.
 */
function abandonIfNeverStarted(layout: WorkspaceLayout, facts: JobFacts): void {
  if (facts.claim) return;
  if (!facts.spawned) {
    if (liveness(facts.request.enqueuedBy) !== 'dead') return;
    // It may have started the worker, and gone, since the files were read.
    const { spawned } = readJobFacts(facts.directory);
    if (spawned) {
      abandonIfNeverStarted(layout, { ...facts, spawned });
      return;
    }
    if (unacceptedRequest(layout, facts.request.id)) return;
  } else if (sightOf(facts) !== 'dead') return;
  const tail = facts.spawned ? readable(readTail(jobFiles(facts.directory).log, 2000)).trim() : '';
  const reason = facts.spawned
    ? `Its worker died before it could begin${tail ? `: ${tail}` : '.'}`
    : 'It never started: the command that enqueued it died.';
  claimJob(facts.directory, { kind: 'abandoned', reason, at: now() });
}

/** Of whoever is to see the job to its end: its recorder, or, before one was started, its enqueuer. */
export function lifeOf(facts: JobFacts): Liveness {
  const life = sightOf(facts);
  return life === 'none' ? liveness(facts.request.enqueuedBy) : life;
}

function sightOf(facts: JobFacts): Evidence['worker'] {
  return placeOf(facts.request).sight(facts).recorder;
}

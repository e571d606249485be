import { existsSync } from 'node:fs';
import { CompanionError, isTrouble } from '../../domain/base/errors.ts';
import { inTheWay, type Standing } from '../../domain/job/cap.ts';
import type { Claim } from '../../domain/job/evidence.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import { liveJobs, type WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { now } from '../../process/clock.ts';
import { ownIdentity } from '../../process/identity.ts';
import { claimJob, jobFiles, readJobFacts, recordSpawned } from '../../state/job/job-directory.ts';
import { jobDirectory, layoutOfJob, type WorkspaceLayout } from '../../state/layout.ts';
import { readSettings } from '../../state/workspace/settings.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { settle } from '../../use-cases/jobs/settle.ts';
import { Alarm } from '../../use-cases/reading/alarm.ts';
import { lifeOf } from '../../use-cases/reading/read-job.ts';
import { progressLog } from './progress-log.ts';
import type { StopWatch } from './stop-watch.ts';

/** What a waiting job is woken by: an end or a cancel elsewhere, a changed setting, its own claim or stop request. */
const WAKING_FILES = ['state.json', 'settings.json', 'claim', 'stop'];
/** For what no file tells: a worker that was killed. */
const POLL_MS = 1_000;
/** Then it looks whether it was cancelled meanwhile, and tries again. */
const PATIENCE = { patienceMs: 5_000 };

/** One Codex job before its claim. */
interface Candidate {
  layout: WorkspaceLayout;
  directory: string;
  request: JobRequest;
}

/**
 * Claims the job when it may begin: at once where the workspace has no cap, else in its turn. False: the job is none of
 * this worker's business any more, and how it ended is on record: it was cancelled, or its wait was ended.
 */
export async function claimInTurn(directory: string, request: JobRequest, stop: StopWatch): Promise<boolean> {
  const layout = layoutOfJob(directory, request.workspaceRoot);
  if (readSettings(layout).maxParallel === null) return claim(directory);
  const candidate = { layout, directory, request };
  try {
    return await waitForTurn(candidate, stop);
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    await withdraw(candidate, gaveUp(`It could not wait for its turn: ${error.message}`));
    return false;
  }
}

function claim(directory: string): boolean {
  return claimJob(directory, { kind: 'worker', worker: ownIdentity(), at: now() });
}

async function waitForTurn(candidate: Candidate, { signal }: StopWatch): Promise<boolean> {
  const { layout, directory } = candidate;
  // So does the enqueuer, which may be killed before: a job that nobody seems to be about to do is given up.
  recordSpawned(directory, ownIdentity());
  const alarm = new Alarm([layout.directory, directory], WAKING_FILES);
  const ring = () => alarm.ring();
  signal.addEventListener('abort', ring);
  try {
    let before: Attempt | undefined;
    for (;;) {
      if (existsSync(jobFiles(directory).claim)) return false;
      if (signal.aborted) return await withdraw(candidate, whyStopped(directory, signal));
      const { maxParallel } = readSettings(layout);
      if (maxParallel === null) return claim(directory);
      if (!before || before.maxParallel !== maxParallel || !stillInTheWay(layout, before)) {
        const attempt = await tryToBegin(candidate, maxParallel);
        if (attempt.claimed !== undefined) return attempt.claimed;
        if (!before) tellThatItWaits(directory, maxParallel);
        before = attempt;
      }
      await alarm.rings(POLL_MS);
    }
  } finally {
    signal.removeEventListener('abort', ring);
    alarm.close();
  }
}

interface Attempt {
  maxParallel: number;
  /** undefined: it must wait; false: somebody else has decided the job's fate */
  claimed?: boolean;
  /** why it must wait; none where the lock was not to be had */
  ahead: string[];
}

/** As long as they all are: nothing that anybody else does lets this job begin, so nothing else need be looked at. */
function stillInTheWay(layout: WorkspaceLayout, { ahead }: Attempt): boolean {
  return ahead.length > 0 && ahead.every((id) => standing(layout, id) !== 'gone');
}

/**
 * The claim is what takes a place, so it is taken inside the locked update that finds one free; of two workers that see
 * the same place the second one finds it taken. Looked at without the lock first: mostly there is none.
 */
async function tryToBegin({ layout, directory, request }: Candidate, maxParallel: number): Promise<Attempt> {
  const look = (state: WorkspaceState) => {
    const queueing = liveJobs(state).filter(({ kind }) => KINDS[kind].queues);
    return inTheWay(request, queueing, maxParallel, (id) => standing(layout, id));
  };
  const attempt: Attempt = { maxParallel, ahead: look(readState(layout)) };
  if (attempt.ahead.length > 0) return attempt;
  try {
    await update(
      layout,
      (state) => {
        attempt.ahead = look(state);
        if (attempt.ahead.length === 0) attempt.claimed = claim(directory);
        return state;
      },
      PATIENCE,
    );
  } catch (error) {
    // A holder that was stopped (SIGSTOP) goes on some day, and so does this job.
    if (!(error instanceof CompanionError) || error.code !== 'state-locked') throw error;
  }
  return attempt;
}

function standing(layout: WorkspaceLayout, id: string): Standing {
  try {
    const facts = readJobFacts(jobDirectory(layout, id));
    const { claim, outcome } = facts;
    if (outcome || (claim && claim.kind !== 'worker') || lifeOf(facts) === 'dead') return 'gone';
    return claim ? 'running' : 'waiting';
  } catch (error) {
    // One damaged directory must not hold up the other jobs; whoever sweeps says so aloud.
    if (!isTrouble(error)) throw error;
    return 'gone';
  }
}

function tellThatItWaits(directory: string, maxParallel: number): void {
  const message = `Waiting in the queue: at most ${maxParallel} Codex ${maxParallel === 1 ? 'job runs' : 'jobs run'} at once here.`;
  progressLog(directory)({ at: now(), phase: 'starting', message });
}

/** A stop request is a cancel before the start; a signal to the worker is told as what it is. */
function whyStopped(directory: string, { reason }: AbortSignal): Claim {
  const { stop } = readJobFacts(directory);
  if (stop) return { kind: 'cancelled', stop, at: now() };
  const why = reason instanceof Error ? reason.message : 'Its worker was ended.';
  return gaveUp(`${why} It was waiting in the queue.`);
}

function gaveUp(reason: string): Claim {
  return { kind: 'abandoned', reason, at: now() };
}

/** Ends the job unless somebody else has done so by now. */
async function withdraw({ layout, directory, request }: Candidate, how: Claim): Promise<false> {
  if (!claimJob(directory, how)) return false;
  try {
    await settle(layout, request.id);
  } catch (error) {
    // How it ended is on disk; the index is brought in step by whoever looks next.
    if (!(error instanceof CompanionError)) throw error;
    console.error(error.message);
  }
  return false;
}

import { existsSync } from 'node:fs';
import { retireDeadBroker } from '../../codex/brokering/retire.ts';
import { isTrouble } from '../../domain/base/errors.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import type { LeftProcess } from '../../domain/job/processes.ts';
import type { Removal } from '../../domain/job/retention.ts';
import type { WhyOver } from '../../domain/session/standing.ts';
import { type IndexedJob, liveJobs, withheldJobIds } from '../../domain/workspace/workspace-state.ts';
import { placeOf } from '../../places/places.ts';
import { liveness } from '../../process/identity.ts';
import { warn } from '../../state/files/warnings.ts';
import { runtimeNamedBy } from '../../state/job/job-directory.ts';
import { UnreadableJob } from '../../state/job/unreadable.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { jobDirectory } from '../../state/layout.ts';
import { isOverOnRecord, whyOverFor } from '../../state/session/session-record.ts';
import { readState, tidyStateFiles, update } from '../../state/workspace/store.ts';
import { forgetEmptyWorktrees } from '../../state/worktrees.ts';
import type { Context } from '../context.ts';
import { type CancelResult, cancel, isInHand } from '../jobs/cancel.ts';
import { endUnreadable } from '../jobs/end-unreadable.ts';
import { seeToLeftovers } from '../jobs/leftovers.ts';
import { pruneRuntimes } from '../jobs/runtime.ts';
import { settle } from '../jobs/settle.ts';
import { otherWorkspaces } from '../reading/find-job.ts';
import { type LeftRunning, leftRunning } from '../reading/left-running.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';
import { forgetUnused } from './forget-unused.ts';
import { applyRetention, retentionIsDue } from './retention.ts';
import { seeToSessions } from './see-to-sessions.ts';
import { removeUnaccepted } from './unaccepted.ts';

/** What a sweep found and did, for people and programs. */
export interface SweepReport {
  workspace: string;
  /** jobs whose end nobody had recorded */
  settled: { id: string; outcome: string }[];
  /** foreground jobs of sessions that are over, now ended */
  ended: { id: string; outcome: string; left: LeftProcess[] }[];
  /** leases of dead holders */
  leasesDropped: number;
  brokerRetired: boolean;
  sessionsForgotten: number;
  runtimesRemoved: string[];
  /** finished jobs beyond what is to be kept */
  jobsRemoved: Removal[];
  /** what jobs that have ended still have running; nothing is done to it, as it may be wanted. Told by a sweep of all alone. */
  leftRunning: LeftRunning[];
  /** jobs that could not be looked after, because they are damaged or nothing can be written */
  notSwept: { id: string; why: string }[];
}

/**
 * Puts one workspace in order: true outcomes for jobs whose worker is gone, an end for foreground jobs of sessions
 * that are over, no leases of the dead, no dead broker on record, no leftovers of killed writers. Anybody may run it
 * at any time; each step looks again before it acts. What is kept of finished jobs is looked at once a day, as it means
 * to look at all of them, or now.
 */
export async function sweep(layout: WorkspaceLayout): Promise<SweepReport> {
  const report = await sweepWorkspace(layout);
  await seeToSessions(layout.root, { places: [layout.directory] });
  return report;
}

/** The same without what belongs to no workspace: whoever sweeps several sees to the sessions once, afterwards. */
export async function sweepWorkspace(
  layout: WorkspaceLayout,
  retention: 'daily' | 'now' = 'daily',
): Promise<SweepReport> {
  const report = emptyReport(layout);
  if (!existsSync(layout.directory)) return report;
  for (const job of liveJobs(readState(layout))) await sweepJob(layout, job, report);
  await dropWhatIsDead(layout, report);
  report.brokerRetired = await retireDeadBroker(layout);
  await tidyStateFiles(layout);
  forgetEmptyWorktrees(layout);
  const isDaily = retention === 'daily' && retentionIsDue(layout);
  if (retention === 'now' || isDaily) report.jobsRemoved = await applyRetention(layout);
  if (isDaily) await forgetUnused(otherWorkspaces({ root: layout.root, layout }));
  return report;
}

/** All workspaces of this user, and the copies of bundles that nobody runs from any more. */
export async function sweepAll(context: Context): Promise<SweepReport[]> {
  // First: a sweep that changes something in it touches it.
  await forgetUnused(otherWorkspaces(context));
  const layouts = [context.layout, ...otherWorkspaces(context)];
  const reports: SweepReport[] = [];
  for (const layout of layouts) {
    try {
      reports.push(await sweepWorkspace(layout, 'now'));
      removeUnaccepted(layout);
    } catch (error) {
      // One workspace that is locked, damaged or of a newer version must not keep the others from being swept.
      if (!isTrouble(error) || layout === context.layout) throw error;
      warn(`${layout.workspaceRoot || layout.directory}: ${error.message}`);
    }
  }
  await seeToSessions(context.root, { places: [], all: true });
  for (const one of leftRunning(layouts))
    reports.find(({ workspace }) => workspace === one.workspace)?.leftRunning.push(one);
  const named = layouts.map((layout) =>
    orPassOver(layout.directory, () => runtimesInUse(layout), saysNothing),
  );
  const [first] = reports;
  // Which copies a job or a workspace runs from that could not be read, nobody knows.
  if (!first || reports.length < layouts.length || named.includes(undefined)) return reports;
  first.runtimesRemoved = pruneRuntimes(context, new Set(named.flatMap((one) => one ?? [])));
  return reports;
}

async function sweepJob(layout: WorkspaceLayout, job: IndexedJob, report: SweepReport): Promise<void> {
  try {
    await putInOrder(layout, job, report);
  } catch (error) {
    // One damaged job must not keep the others from being swept.
    if (!isTrouble(error)) throw error;
    warn(`${job.id}: ${error.message}`);
    report.notSwept.push({ id: job.id, why: error.message });
  }
}

async function putInOrder(layout: WorkspaceLayout, job: IndexedJob, report: SweepReport): Promise<void> {
  const found = await settledOrEnded(layout, job.id);
  const { outcome, directory } = found.facts;
  if (outcome) {
    report.settled.push({ id: job.id, outcome: outcome.ending });
    await stopLeftovers(found);
    return;
  }
  const due = dueToEnd(found, job.origin && whyOverFor(layout.root, job.origin));
  if (!due || isInHand(directory)) return;
  const result = await cancel({ id: job.id, layout }, { stop: due });
  const left = result.kind === 'incomplete' ? result.left : [];
  report.ended.push({ id: job.id, outcome: endingOf(result), left });
}

async function settledOrEnded(layout: WorkspaceLayout, id: string): Promise<JobReading> {
  try {
    await takeOver(layout, id);
    return await settle(layout, id);
  } catch (error) {
    if (!(error instanceof UnreadableJob)) throw error;
    return (await endUnreadable({ layout, id }, error)).reading;
  }
}

/** What its wrapper would see to if it had not been killed. */
async function takeOver(layout: WorkspaceLayout, id: string): Promise<void> {
  const { facts } = readJob(layout, id);
  if (facts.claim?.kind === 'worker' && placeOf(facts.request).sight(facts).recorder === 'dead')
    await seeToLeftovers(facts.directory);
}

/** A stop that was asked for and not carried out, or a foreground job of a session that is over. */
function dueToEnd(reading: JobReading, over: WhyOver | null): Parameters<typeof cancel>[1]['stop'] | null {
  const { stop, exit, request } = reading.facts;
  // A limit is the watchdog's affair until the command itself has ended.
  if (stop && (stop.kind !== 'limit' || exit)) return stop;
  return over && !request.background ? { kind: 'session-end', by: BY[over] } : null;
}

const BY: Record<WhyOver, string> = {
  ended: 'the end of its session',
  died: 'the death of its session’s client',
};

/** A Codex job whose worker was killed may leave commands of its turn behind; a shell job's children are its own affair. */
async function stopLeftovers({ facts }: JobReading): Promise<void> {
  if (KINDS[facts.request.kind].orphans === 'followed' || facts.outcome?.stillRunning === 0) return;
  await placeOf(facts.request).stop(facts, { signal: 'SIGTERM', graceMs: 2_000, killMs: 2_000 });
}

async function dropWhatIsDead(layout: WorkspaceLayout, report: SweepReport): Promise<void> {
  await update(layout, (state) => {
    const owners = new Set(liveJobs(state).flatMap((job) => (job.origin ? [job.origin.sessionId] : [])));
    const leases = state.leases.filter((lease) => liveness(lease.holder) !== 'dead');
    const sessions = state.sessions.filter((one) => owners.has(one.id) || !isOverOnRecord(layout.root, one));
    report.leasesDropped = state.leases.length - leases.length;
    report.sessionsForgotten = state.sessions.length - sessions.length;
    return report.leasesDropped + report.sessionsForgotten === 0 ? state : { ...state, leases, sessions };
  });
}

function runtimesInUse(layout: WorkspaceLayout): string[] {
  if (!existsSync(layout.directory)) return [];
  const state = readState(layout);
  const ids = [...liveJobs(state).map(({ id }) => id), ...withheldJobIds(state)];
  return ids.map((id) => runtimeNamedBy(jobDirectory(layout, id)));
}

function endingOf(result: CancelResult): string {
  return result.reading.facts.outcome?.ending ?? 'still running';
}

function emptyReport(layout: WorkspaceLayout): SweepReport {
  return {
    workspace: layout.workspaceRoot || layout.directory,
    settled: [],
    ended: [],
    leasesDropped: 0,
    brokerRetired: false,
    sessionsForgotten: 0,
    runtimesRemoved: [],
    jobsRemoved: [],
    leftRunning: [],
    notSwept: [],
  };
}

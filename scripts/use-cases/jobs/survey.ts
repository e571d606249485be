import { CompanionError, isTrouble } from '../../domain/base/errors.ts';
import { compareText } from '../../domain/base/order.ts';
import { queuePositions } from '../../domain/job/cap.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import type {
  BrokerRecord,
  IndexedJob,
  Lease,
  WorkspaceState,
} from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import { warn } from '../../state/files/warnings.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { jobDirectory } from '../../state/layout.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { type JobReading, readJob } from '../reading/read-job.ts';
import { settle } from './settle.ts';

/** The workspace as it truly is now: every live job looked at, the ends that nobody recorded found. */
export interface Survey {
  state: WorkspaceState;
  live: JobReading[];
  /** job id → place in the queue, from 1; empty where the workspace has no cap */
  queue: Map<string, number>;
  /** finished, newest end first */
  finished: IndexedJob[];
  /** the broker, if its process is alive or being started */
  broker: BrokerRecord | null;
  /** leases whose holder is alive: the refcount */
  leases: Lease[];
}

/** A reader waits this long for the lock to bring the index in step; its answer does not depend on it. */
const PATIENCE_MS = 1_000;

export async function survey(layout: WorkspaceLayout): Promise<Survey> {
  const state = await numbered(layout, readState(layout));
  const live: JobReading[] = [];
  const finished = state.jobs.filter((job) => job.finished);
  for (const job of state.jobs.filter((one) => !one.finished)) {
    const reading = read(layout, job);
    if (!reading) continue;
    if (reading.facts.outcome) {
      finished.push({ ...job, finished: reading.facts.outcome });
      await bringInStep(layout, job.id);
    } else live.push(reading);
  }
  const leases = state.leases.filter((lease) => liveness(lease.holder) !== 'dead');
  const broker = livingBroker(state);
  return {
    state,
    live,
    queue: queueOf(state, live),
    finished: finished.sort(newestEndFirst),
    broker,
    leases,
  };
}

/** A version before numbers may have entered jobs: whoever shows them shows them with theirs. */
async function numbered(layout: WorkspaceLayout, state: WorkspaceState): Promise<WorkspaceState> {
  if (state.jobs.every((job) => job.number !== undefined)) return state;
  try {
    return await update(layout, (current) => current, { patienceMs: PATIENCE_MS });
  } catch (error) {
    // They are there all the same, and are named by their ids, where the state is locked or read-only.
    if (!isTrouble(error)) throw error;
    return state;
  }
}

function queueOf({ config }: WorkspaceState, live: JobReading[]): Map<string, number> {
  if (config.maxParallel === null) return new Map();
  const requests = live.flatMap(({ state, facts }) => (state.stage === 'queued' ? [facts.request] : []));
  return queuePositions(requests.filter(({ kind }) => KINDS[kind].queues));
}

function read(layout: WorkspaceLayout, job: IndexedJob): JobReading | undefined {
  try {
    return readJob(layout, job.id);
  } catch (error) {
    // One damaged directory must not hide the other jobs.
    if (!isTrouble(error)) throw error;
    const hint = error instanceof CompanionError && error.hint ? ` ${error.hint}` : '';
    warn(`${job.id} cannot be read: ${error.message}${hint} (${jobDirectory(layout, job.id)})`);
    return undefined;
  }
}

async function bringInStep(layout: WorkspaceLayout, id: string): Promise<void> {
  try {
    await settle(layout, id, PATIENCE_MS);
  } catch (error) {
    // The outcome is committed; the index may lag where the state is locked or read-only.
    if (!isTrouble(error)) throw error;
  }
}

export function livingBroker(state: WorkspaceState): BrokerRecord | null {
  const isLiving = ({ process, starter }: BrokerRecord) => liveness(process ?? starter) !== 'dead';
  return state.brokers.find(isLiving) ?? null;
}

export function newestEndFirst(a: IndexedJob, b: IndexedJob): number {
  return compareText(b.finished?.finishedAt ?? '', a.finished?.finishedAt ?? '');
}

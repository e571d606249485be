import type { ProcessIdentity } from '../domain/identity.ts';
import { here, liveness, readStat, type Stat } from './identity.ts';
import { signalFound, signalGroup } from './signal.ts';
import { cookieOf, processTable } from './table.ts';

/** One process of a job, as `cancel` lists it. */
export interface JobProcess {
  pid: number;
  start: string;
  name: string;
}

export interface JobTrace {
  jobId: string;
  /** the session and group leader that the command became, if it is known */
  leader: ProcessIdentity | null;
  /** ours: the wrapper or worker, which must live to record the end */
  spared: ProcessIdentity | null;
}

/**
 * Every living process of a job: by the cookie in its environment, by group or session of the proven leader, and by
 * descent from any of these. A process that carries another job's cookie belongs to that one.
 */
export function findJobProcesses(trace: JobTrace): JobProcess[] {
  const table = processTable();
  const leader = trace.leader && liveness(trace.leader) === 'alive' ? trace.leader.pid : undefined;
  const spared = sparedProcesses(table, trace, leader);
  const found = new Map<number, Stat>();
  for (const row of table.values()) {
    if (spared.has(row.pid) || row.pid <= 1) continue;
    const cookie = cookieOf(row.pid);
    const related =
      leader !== undefined && (row.pid === leader || row.group === leader || row.session === leader);
    if (cookie === trace.jobId || (related && cookie === undefined)) found.set(row.pid, row);
  }
  addDescendants(table, found, spared, trace.jobId);
  return [...found.values()].map((row) => ({ pid: row.pid, start: row.start, name: row.comm }));
}

/** Ourselves, and the wrapper with its watchdog: they make up the wrapper's group, in which the command is not. */
function sparedProcesses(table: Map<number, Stat>, trace: JobTrace, leader: number | undefined): Set<number> {
  const spared = new Set([process.pid]);
  if (!trace.spared || liveness(trace.spared) !== 'alive') return spared;
  const wrapper = trace.spared.pid;
  spared.add(wrapper);
  const shared = leader !== undefined && table.get(leader)?.group === wrapper;
  for (const row of table.values()) if (row.group === wrapper && !shared) spared.add(row.pid);
  return spared;
}

function addDescendants(
  table: Map<number, Stat>,
  found: Map<number, Stat>,
  spared: Set<number>,
  jobId: string,
): void {
  for (let grown = true; grown; ) {
    grown = false;
    for (const row of table.values()) {
      if (found.has(row.pid) || spared.has(row.pid) || !found.has(row.parent)) continue;
      const cookie = cookieOf(row.pid);
      if (cookie !== undefined && cookie !== jobId) continue;
      found.set(row.pid, row);
      grown = true;
    }
  }
}

export interface StopResult {
  stopped: JobProcess[];
  left: JobProcess[];
}

export interface StopOptions {
  signal: NodeJS.Signals;
  /** between the first signal and KILL */
  graceMs: number;
  /** between the first KILL and giving up */
  killMs: number;
}

/** TERM → grace → KILL, until nothing is found any more; says what was stopped and what is left. */
export async function stopJobProcesses(trace: JobTrace, options: StopOptions): Promise<StopResult> {
  const seen = new Map<string, JobProcess>();
  const look = () => {
    const found = findJobProcesses(trace);
    for (const one of found) seen.set(`${one.pid} ${one.start}`, one);
    return found;
  };
  let left = look();
  if (left.length > 0) {
    signalAll(trace, left, options.signal);
    // A stopped process gets nothing but KILL and CONT delivered.
    if (options.signal !== 'SIGKILL') signalAll(trace, left, 'SIGCONT');
    left = await waitUntilNone(look, options.graceMs, () => {});
    left =
      left.length === 0
        ? left
        : await waitUntilNone(look, options.killMs, (them) => signalAll(trace, them, 'SIGKILL'));
  }
  const remains = new Set(left.map((one) => `${one.pid} ${one.start}`));
  return { stopped: [...seen].filter(([key]) => !remains.has(key)).map(([, one]) => one), left };
}

/** For a Codex turn's commands to leave in order; what is still there after it is Codex's to kill. */
const LEAVE_IN_ORDER_MS = 1_000;

/** Asks all processes of the job to end, and waits a moment for them. */
export function endJobCommands(trace: JobTrace): Promise<StopResult> {
  return stopJobProcesses(trace, { signal: 'SIGTERM', graceMs: LEAVE_IN_ORDER_MS, killMs: 0 });
}

/** The group in one call, for children that are being forked at this moment; then each one by itself. */
function signalAll(trace: JobTrace, processes: JobProcess[], signal: NodeJS.Signals): void {
  const byGroup =
    trace.leader !== null && isOwnGroupLeader(trace) && signalGroup(trace.leader, signal) === 'sent';
  for (const one of processes) {
    if (byGroup && groupOf(one.pid) === trace.leader?.pid) continue;
    signalFound(one.pid, one.start, signal);
  }
}

/** Without `setsid` and perl the command shares the wrapper's group: that one is never signalled as a whole. */
function isOwnGroupLeader(trace: JobTrace): boolean {
  return groupOf(trace.leader?.pid ?? 0) === trace.leader?.pid && trace.leader?.boot === here().boot;
}

function groupOf(pid: number): number | undefined {
  return readStat(pid)?.group;
}

async function waitUntilNone(
  look: () => JobProcess[],
  limitMs: number,
  each: (left: JobProcess[]) => void,
): Promise<JobProcess[]> {
  const end = Date.now() + limitMs;
  for (let pause = 10; ; pause = Math.min(100, pause * 2)) {
    const left = look();
    if (left.length === 0 || Date.now() >= end) return left;
    each(left);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

import type { StopManner, StopResult } from '../../domain/job/processes.ts';
import { signalFound, signalGroupOf } from '../signal.ts';
import { type Found, JobSearch, type JobTrace, keyOf } from './find.ts';
import { freeze } from './freeze.ts';
import { whyLeft } from './why-left.ts';

/** TERM → grace → KILL, until nothing is found any more; says what was stopped and what is left. */
export async function stopJobProcesses(trace: JobTrace, options: StopManner): Promise<StopResult> {
  const search = new JobSearch(trace);
  let left = lookWell(search);
  if (left.length > 0) {
    options.onFound?.(search.seen);
    if (options.signal !== 'SIGKILL') {
      askToEnd(trace, left, options.signal);
      left = await untilNone(search, options.graceMs, () => {});
    }
    if (left.length > 0) left = await untilNone(search, options.killMs, () => killAll(trace, search));
  }
  const remains = new Set(left.map(({ process }) => keyOf(process)));
  return {
    stopped: search.seen.filter((one) => !remains.has(keyOf(one))),
    left: left.map(({ process }) => ({ ...process, why: whyLeft(process) })),
  };
}

/** For a Codex turn's commands to leave in order; what is still there after it is Codex's to kill. */
const LEAVE_IN_ORDER_MS = 1_000;

/** Asks all processes of the job to end, and waits a moment for them. */
export function endJobCommands(trace: JobTrace): Promise<StopResult> {
  return stopJobProcesses(trace, { signal: 'SIGTERM', graceMs: LEAVE_IN_ORDER_MS, killMs: 0 });
}

/**
 * Once, to those that are there: what they start in order to end well (`trap 'make clean' TERM`) is left in peace until
 * KILL. Nobody is frozen for it, either: a shell would take its stopped child for ended, and go on to its next line.
 */
function askToEnd(trace: JobTrace, them: Found[], signal: NodeJS.Signals): void {
  signalAll(trace, them, signal);
  // A stopped process gets nothing but KILL and CONT delivered.
  for (const { process } of them) signalFound(process.pid, process.start, 'SIGCONT');
}

/** In one synchronous step, so that nobody stays frozen. Stopped first, because the dead leave orphans that nobody knows. */
function killAll(trace: JobTrace, search: JobSearch): void {
  signalAll(trace, freeze(search), 'SIGKILL');
}

/** Each group in one call, for children that are being forked at this moment; then each one by itself. */
function signalAll(trace: JobTrace, them: Found[], signal: NodeJS.Signals): void {
  const reached = new Set<number>();
  for (const { row } of them) {
    if (reached.has(row.group) || !isOfTheJobAlone(trace, row.group)) continue;
    if (signalGroupOf(row, signal) === 'sent') reached.add(row.group);
  }
  for (const { row } of them) if (!reached.has(row.group)) signalFound(row.pid, row.start, signal);
}

/**
 * A group of a shell job lies in one of its own sessions. Not so where the command had to share the wrapper's group
 * (neither `setsid` nor perl), and for a Codex job, whose commands may run in Codex's.
 */
function isOfTheJobAlone({ log, spared }: JobTrace, group: number): boolean {
  return log !== null && group !== spared?.pid;
}

async function untilNone(search: JobSearch, limitMs: number, act: () => void): Promise<Found[]> {
  const end = Date.now() + limitMs;
  for (let pause = 10; ; pause = Math.min(100, pause * 2)) {
    const left = lookWell(search);
    if (left.length === 0 || Date.now() >= end) return left;
    act();
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/**
 * That nobody is there is believed after three looks. One look misses a chain of forks, of which each process lives less
 * long than the look takes, in 1 of 10 cases (links of 0.3 ms) to 1 of 50 (of 5 ms).
 */
function lookWell(search: JobSearch): Found[] {
  for (let look = 1; look < 3; look++) {
    const found = search.look();
    if (found.length > 0) return found;
  }
  return search.look();
}

import type { ContinueResult, JobProcess, LeftProcess, PauseResult } from '../../domain/job/processes.ts';
import { readStat } from '../identity.ts';
import { signalFound, signalProcess } from '../signal.ts';
import { type Found, JobSearch, type JobTrace, keyOf } from './find.ts';
import { whyLeft } from './why-left.ts';

/** Enough for whatever forks as fast as we look; a look finds a new one only if one was forked since the last. */
const LOOKS = 20;

/**
 * Stops the world of a job, each process on sight, until a look finds nobody new: then nobody forks, and nobody loses
 * the parent that he is known by. Synchronous. Returns all that live; stopping one again does no harm.
 */
export function freeze(search: JobSearch): Found[] {
  let them = freezeOnce(search);
  for (let looks = 1, known = 0; looks < LOOKS && known < search.seen.length; looks++) {
    known = search.seen.length;
    them = freezeOnce(search);
  }
  return them;
}

function freezeOnce(search: JobSearch): Found[] {
  const frozen = new Set<number>();
  const stop = ({ process }: Found) => {
    signalFound(process.pid, process.start, 'SIGSTOP');
    frozen.add(process.pid);
  };
  const them = search.look(stop);
  for (const one of them) if (!frozen.has(one.process.pid)) stop(one);
  return them;
}

/** A signal to stop takes effect when its process is next scheduled; milliseconds. */
const TAKES_EFFECT_MS = 1_000;

/** Stops all processes of a job, for `continueJobProcesses` to let them go on. */
export async function pauseJobProcesses(trace: JobTrace): Promise<PauseResult> {
  const search = new JobSearch(trace);
  const before = search.look().filter(isStopped);
  // First the leader: a shell with job control that sees its child stopped would go on to its next line.
  if (trace.leader) signalProcess(trace.leader, 'SIGSTOP');
  const end = Date.now() + TAKES_EFFECT_MS;
  let them = freeze(search);
  while (!them.every(isStopped) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    them = freeze(search);
  }
  const running = them.filter((one) => !isStopped(one));
  return {
    paused: them.filter(isStopped).map(({ process }) => process),
    left: running.map(({ process }) => ({ ...process, why: whyLeft(process) })),
    before: before.map(({ process }) => process),
  };
}

/** Lets all go on but those that were stopped before; the youngest first, so that no parent meets a stopped child. */
export function continueJobProcesses(
  trace: JobTrace,
  before: Pick<JobProcess, 'pid' | 'start'>[],
): ContinueResult {
  const stay = new Set(before.map(keyOf));
  const them = new JobSearch(trace).look().filter((one) => isStopped(one) && !stay.has(keyOf(one.process)));
  const left: LeftProcess[] = [];
  const resumed: JobProcess[] = [];
  for (const { process } of them) {
    const sent = signalFound(process.pid, process.start, 'SIGCONT');
    if (sent === 'sent') resumed.push(process);
    if (sent === 'refused') left.push({ ...process, why: whyLeft(process) });
  }
  return { resumed, left };
}

/** `t`: by a debugger. */
function isStopped({ row }: Found): boolean {
  return row.state === 'T' || row.state === 't' || readStat(row.pid)?.state === 'T';
}

import { CompanionError } from '../../domain/base/errors.ts';
import { placeOf } from '../../places/places.ts';
import { describeProcesses } from '../../process/describe.ts';
import { readStat } from '../../process/identity.ts';
import { can, need } from '../../process/platform/this-platform.ts';
import type { JobFacts } from '../../state/job/job-directory.ts';

/** A living process of a job, with what it takes. What the platform cannot tell is null, and no zero. */
export interface SeenProcess {
  pid: number;
  /** pid; that of a stranger for the first one of the job */
  parent: number | null;
  name: string;
  /** percent of one processor: on Linux over its whole life */
  cpu: number | null;
  /** bytes */
  memory: number | null;
  ports: number[];
}

/** So many are looked into; of the others it is told that they are there. */
const LOOKED_INTO = 100;

/** Those of a job that live now, its recorder apart, the oldest first. */
export async function processesOf(facts: JobFacts): Promise<SeenProcess[]> {
  const { request } = facts;
  if (!placeOf(request).isHere) return [];
  const them = placeOf(request).processes(facts);
  const loads = await loadsOf(them);
  return them
    .sort((a, b) => Number(a.start) - Number(b.start) || a.pid - b.pid)
    .map(({ pid, name }, index) => {
      const isLookedInto = index < LOOKED_INTO;
      return {
        pid,
        parent: readStat(pid)?.parent ?? null,
        name,
        cpu: loads.get(pid) ?? null,
        memory: isLookedInto && can('memoryOf') ? (need('memoryOf')(pid) ?? null) : null,
        ports: isLookedInto && can('listeningPortsOf') ? need('listeningPortsOf')(pid) : [],
      };
    });
}

async function loadsOf(them: readonly { pid: number; start: string }[]): Promise<Map<number, number>> {
  try {
    return new Map((await describeProcesses(them)).map(({ pid, cpu }) => [pid, cpu]));
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return new Map(); // there is no ps that tells it: one fact less
  }
}

import { delimiter } from 'node:path';
import type { ProcessDescriptor } from 'ps-list';
import { CompanionError } from '../domain/base/errors.ts';
import { withPath } from './environment.ts';
import { startTime } from './identity.ts';

/** What people want to know of a process, beside its name and pid. */
export interface ProcessDescription {
  pid: number;
  start: string;
  name: string;
  /** percent of one processor: on Linux over its whole life, on macOS of late */
  cpu: number;
  /** percent of the machine's */
  memory: number;
}

/**
 * Describes those of these processes that live, for people. The table tells pids only, and may be as old as it took to
 * read; so whoever has such a pid by then and another start is left out.
 * @throws CompanionError `unsupported-platform` where there is no `ps` that can tell
 */
export async function describeProcesses(
  them: readonly { pid: number; start: string }[],
): Promise<ProcessDescription[]> {
  const rows = new Map((await processList()).map((row) => [row.pid, row]));
  return them.flatMap(({ pid, start }) => {
    const row = rows.get(pid);
    if (!row || startTime(pid) !== start) return [];
    return [{ pid, start, name: row.name, cpu: row.cpu ?? 0, memory: row.memory ?? 0 }];
  });
}

/** Where systems keep ps: ps-list looks for it on PATH, and one of a checkout is not to be run by us. */
const PLACES = new Set(['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin']);

/** An empty PATH would mean the working directory. */
function placesOfSystem(path: string): string {
  const places = path.split(delimiter).filter((place) => PLACES.has(place));
  return places.join(delimiter) || '/';
}

let asked: Promise<ProcessDescriptor[]> | undefined;

/** Who asks meanwhile gets the same answer: two must not change PATH and put it back in each other's way. */
function processList(): Promise<ProcessDescriptor[]> {
  asked ??= ask().finally(() => {
    asked = undefined;
  });
  return asked;
}

/** Loaded when it is called: what starts a job, and what ends one, need not wait for it. */
async function ask(): Promise<ProcessDescriptor[]> {
  const { default: psList } = await import('ps-list');
  try {
    return await withPath(placesOfSystem, () => psList());
  } catch (cause) {
    throw new CompanionError(
      'unsupported-platform',
      'Here, codex-companion cannot read how much processor and memory a process takes: there is no ps that tells it.',
      { hint: 'Install ps (Debian: procps).', cause },
    );
  }
}

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The places among git's variables that have to be there if they are to mean anything. */
const PLACES = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY'] as const;
/** Of a push that is being received: what lies there is moved or gone when its hook has ended. */
const OF_A_PUSH = ['GIT_QUARANTINE_PATH', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'];

/**
 * The environment of a command less what a git hook was told and is dead by the time that the command works: a place that is
 * not there; and where the command outlives the hook, the index of a commit in progress, which is a lock file (git 2.39:
 * `.git/index.lock`, `.git/next-index-PID.lock`), and a push's quarantine. `cwd` is the command's.
 */
export function withoutDeadGit(
  environment: Record<string, string>,
  { cwd, outlives }: { cwd: string; outlives: boolean },
): Record<string, string> {
  const dead = new Set<string>(PLACES.filter((name) => !isThere(environment[name], cwd)));
  if (outlives && environment.GIT_INDEX_FILE?.endsWith('.lock')) dead.add('GIT_INDEX_FILE');
  if (outlives && environment.GIT_QUARANTINE_PATH !== undefined) for (const name of OF_A_PUSH) dead.add(name);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !dead.has(name)));
}

function isThere(place: string | undefined, cwd: string): boolean {
  return place === undefined || existsSync(resolve(cwd, place));
}

import { basename, dirname, join } from 'node:path';
import { removeIfAny, writeOnce } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';

/**
 * In a session's directory an empty file `heir.SESSION` for each session that takes its notices, by which those are found however
 * many sessions there are. A plain file: release 1.1.0 unlinks whatever lies there.
 */
const HEIR = 'heir.';

export function markHeir(directory: string, heir: string): void {
  writeOnce(join(directory, `${HEIR}${basename(heir)}`), '', { durable: false });
}

/** By directory; one may have gone, or not be its heir any more. */
export function markedHeirs(directory: string): string[] {
  const names = namesIn(directory).filter((name) => name.startsWith(HEIR));
  return names.map((name) => join(dirname(directory), name.slice(HEIR.length)));
}

/** It is owed nothing any more. */
export function forgetHeirs(directory: string): void {
  for (const heir of markedHeirs(directory)) removeIfAny(join(directory, `${HEIR}${basename(heir)}`));
}

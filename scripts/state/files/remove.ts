import { rmdirSync, rmSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';

/**
 * Removing directories where somebody else may do the same at this moment, or put something in: two sweeps, a sweep and the
 * start of a session. What is gone already is removed. For single files: removeIfAny in durable.ts.
 */

/** Each try removes all that it finds; it takes a writer without end to outlast them. */
const TRIES = 100;

/** Removes a directory with all that is in it, or a file. */
export function removeTree(path: string): void {
  for (let tries = TRIES; ; tries--) {
    try {
      rmSync(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries <= 0 || !IN_BETWEEN.has(systemCode(error) ?? '')) throw error;
    }
  }
}

/** Something in it went, or came, after rm had looked. */
const IN_BETWEEN = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST']);

/** Removes a directory, unless it is gone already or something is in it. Returns whether it is gone. */
export function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (!IN_BETWEEN.has(code)) throw error;
    return code === 'ENOENT';
  }
}

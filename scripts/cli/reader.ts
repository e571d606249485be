import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { systemCode } from '../domain/errors.ts';

/** Whoever started us: with it goes a socket that it reads our output from. */
const starter = process.ppid;

/**
 * Has whoever read our stdout gone? A follower with nothing to write would not learn it: EPIPE comes with a write. False
 * where it cannot be told (no /proc, a terminal, a file).
 */
export function readerIsGone(): boolean {
  const stdout = fstatSync(1);
  if (stdout.isSocket()) return process.ppid !== starter;
  if (!stdout.isFIFO()) return false;
  try {
    // fifo(7): opened to write without blocking, a pipe that nobody reads is refused with ENXIO.
    closeSync(openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return systemCode(error) === 'ENXIO';
  }
}

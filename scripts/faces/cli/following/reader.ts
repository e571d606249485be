import { fstatSync } from 'node:fs';

/** Whoever started us: with it goes a socket that it reads our output from, which is what node gives to its children. */
const starter = process.ppid;

/**
 * Has whoever read our stdout gone? A follower with nothing to write would not learn it: EPIPE comes with a write. False
 * where node cannot tell, as of a pipe (whose other end may be in another container, so looking for it proves nothing).
 */
export function readerIsGone(): boolean {
  return fstatSync(1).isSocket() && process.ppid !== starter;
}

import { closeSync, openSync, readSync } from 'node:fs';
import { can, need } from '../../../process/platform/this-platform.ts';

const STEP_BYTES = 1 << 20;

/**
 * A descriptor for the regular file that is open as `fd`, at the same offset, which from then on is its own: whoever
 * shares `fd` with us (a shell that reads a list in a loop) goes on where it was. The file's name is not needed. Where
 * the system does not tell the offset, or does not open the file a second time, it is `fd` itself.
 */
export function openAgain(fd: number): number {
  if (!can('offsetOf')) return fd;
  const offset = need('offsetOf')(fd);
  const own = opened(`/dev/fd/${fd}`);
  if (own === undefined) return fd;
  try {
    moveTo(own, offset);
    return own;
  } catch (error) {
    closeSync(own);
    throw error;
  }
}

/** It may have been opened by somebody with more rights, for us. */
function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** Node has no lseek(2). */
function moveTo(fd: number, offset: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(STEP_BYTES, offset));
  for (let at = 0; at < offset; ) {
    const read = readSync(fd, buffer, 0, Math.min(buffer.length, offset - at), null);
    if (read === 0) return; // the file has become shorter
    at += read;
  }
}

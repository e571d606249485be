import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';

/** More than this is not looked through for one receipt: bytes. */
const SEARCH_LIMIT = 64 * 1024 * 1024;

/** A host's own record of a session; it is only ever looked at. Its length in bytes; 0 where there is none. */
export function transcriptSize(path: string): number {
  return withFile(path, (fd) => fstatSync(fd).size) ?? 0;
}

/**
 * Does `text`, plain ASCII, stand in an entry from `offset` on? A file that is shorter now is looked through from its
 * start. What a busy client only keeps for later is no entry: it writes that down as an operation on its queue, and the
 * text once more when the model gets it (tried with 2.1.197 and 2.1.329).
 */
export function transcriptHolds(path: string, offset: number, text: string): boolean {
  return withFile(path, (fd) => holds(readFrom(fd, offset), Buffer.from(text, 'latin1'))) ?? false;
}

const QUEUED = Buffer.from('{"type":"queue-operation"');

function holds(lines: Buffer, wanted: Buffer): boolean {
  for (let at = lines.indexOf(wanted); at >= 0; at = lines.indexOf(wanted, at)) {
    const start = lines.lastIndexOf(0x0a, at) + 1;
    if (!lines.subarray(start, start + QUEUED.length).equals(QUEUED)) return true;
    at = lines.indexOf(0x0a, at);
    if (at < 0) return false;
  }
  return false;
}

function readFrom(fd: number, offset: number): Buffer {
  const { size } = fstatSync(fd);
  const from = offset <= size ? offset : 0;
  const buffer = Buffer.alloc(Math.min(size - from, SEARCH_LIMIT));
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(fd, buffer, length, buffer.length - length, from + length);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

function withFile<T>(path: string, act: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) !== undefined) return undefined; // not written yet, gone, or not ours to read
    throw error;
  }
  try {
    return fstatSync(fd).isFile() ? act(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

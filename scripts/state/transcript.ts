import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../domain/errors.ts';

/** More than this is not looked through for one receipt: bytes. */
const SEARCH_LIMIT = 64 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/** A host's own record of a session; it is only ever looked at. Its length in bytes; 0 where there is none. */
export function transcriptSize(path: string): number {
  return withFile(path, (fd) => fstatSync(fd).size) ?? 0;
}

/** Does `text`, plain ASCII, stand in the file from `offset` on? A file that is shorter now is looked through from its start. */
export function transcriptHolds(path: string, offset: number, text: string): boolean {
  return withFile(path, (fd) => search(fd, offset, Buffer.from(text, 'latin1'))) ?? false;
}

function search(fd: number, offset: number, wanted: Buffer): boolean {
  const { size } = fstatSync(fd);
  const buffer = Buffer.alloc(CHUNK);
  let at = offset <= size ? offset : 0;
  const end = Math.min(size, at + SEARCH_LIMIT);
  while (at < end) {
    const length = readSync(fd, buffer, 0, CHUNK, at);
    if (length === 0) return false;
    if (buffer.subarray(0, length).includes(wanted)) return true;
    if (at + length >= end) return false;
    at += Math.max(1, length - wanted.length + 1); // it may be cut in two by the chunk's end
  }
  return false;
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

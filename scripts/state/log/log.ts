import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';

/** A FIFO in a log's place reads as empty, and holds nobody. */
function openToRead(file: string): number {
  return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Bytes of a job's log from `offset` on, at most `limit`; empty where there is no log yet. */
export function readBytes(file: string, offset: number, limit: number): Buffer {
  let fd: number;
  try {
    fd = openToRead(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const size = fstatSync(fd).size;
    const buffer = Buffer.alloc(Math.max(0, Math.min(limit, size - offset)));
    const length = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, offset);
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** Is the log shorter than that? Somebody has emptied it, and whoever follows it begins again. */
export function isShorter(file: string, offset: number): boolean {
  return offset > 0 && logSize(file) < offset;
}

export function logSize(file: string): number {
  try {
    const fd = openToRead(file);
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** The last `limit` bytes as text; a character cut at the start is dropped. */
export function readTail(file: string, limit: number): string {
  const size = logSize(file);
  const from = Math.max(0, size - limit);
  const text = readBytes(file, from, limit).toString('utf8');
  return from > 0 ? text.replace(/^�+/, '') : text;
}

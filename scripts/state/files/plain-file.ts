import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/**
 * What others write (a host, a repository, a person) may be anything: a link to /dev/zero that never ends, a FIFO on which
 * open(2) waits for ever, a file of gigabytes. It is read as a plain file of bounded size, or not at all.
 */
export class NotPlain extends Error {
  /** for somebody who knows of which file it is said */
  readonly why: string;

  constructor(path: string, why: string) {
    super(`${path} is not read: ${why}.`);
    this.why = why;
  }
}

export interface PlainFile {
  path: string;
  fd: number;
  stat: Stats;
}

/** @param followLinks whether the last part of the path may be a link */
interface Opening {
  followLinks: boolean;
}

/**
 * What `act` makes of a plain file, opened without waiting.
 * @throws NotPlain for a directory, FIFO, socket or device; the system's error where it cannot be opened
 */
export function withPlainFile<T>(path: string, { followLinks }: Opening, act: (file: PlainFile) => T): T {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  const fd = openSync(path, flags);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new NotPlain(path, 'it is no plain file');
    return act({ path, fd, stat });
  } finally {
    closeSync(fd);
  }
}

/**
 * The whole content as UTF-8.
 * @param limit bytes; a longer file is refused
 * @throws NotPlain, or the system's error
 */
export function readPlainFile(path: string, limit: number, opening: Opening = { followLinks: true }): string {
  return withPlainFile(path, opening, (file) => textOf(file, limit));
}

/** The same of an open file. */
export function textOf({ path, fd, stat }: PlainFile, limit: number): string {
  if (stat.size > limit) throw new NotPlain(path, `it has ${stat.size} bytes, more than ${limit}`);
  return readRange(fd, 0, limit).toString('utf8');
}

/** Bytes from `offset` on, at most `limit`; fewer where the file ends. */
export function readRange(fd: number, offset: number, limit: number): Buffer {
  const buffer = Buffer.alloc(Math.min(limit, Math.max(0, fstatSync(fd).size - offset)));
  let length = 0;
  for (let got = -1; got !== 0 && length < buffer.length; length += got)
    got = readSync(fd, buffer, length, buffer.length - length, offset + length);
  return buffer.subarray(0, length);
}

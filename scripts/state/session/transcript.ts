import { systemCode } from '../../domain/base/errors.ts';
import { NotPlain, type PlainFile, readRange, withPlainFile } from '../files/plain-file.ts';

/** More than this is not looked through for one receipt: bytes. */
const SEARCH_LIMIT = 64 * 1024 * 1024;

/** A host's own record of a session; it is only ever looked at. Its length in bytes; 0 where there is none. */
export function transcriptSize(path: string): number {
  return withFile(path, ({ stat }) => stat.size) ?? 0;
}

/**
 * Does `text`, plain ASCII, stand in an entry from `offset` on? A file that is shorter now is looked through from its
 * start. What a busy client only keeps for later is no entry: it writes that down as an operation on its queue, and the
 * text once more when the model gets it (tried with 2.1.197 and 2.1.329).
 */
export function transcriptHolds(path: string, offset: number, text: string): boolean {
  return withFile(path, (file) => holds(readFrom(file, offset), Buffer.from(text, 'latin1'))) ?? false;
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

function readFrom({ fd, stat }: PlainFile, offset: number): Buffer {
  return readRange(fd, offset <= stat.size ? offset : 0, SEARCH_LIMIT);
}

function withFile<T>(path: string, act: (file: PlainFile) => T): T | undefined {
  try {
    return withPlainFile(path, { followLinks: true }, act);
  } catch (error) {
    // Not written yet, gone, not ours to read, or no record at all.
    if (systemCode(error) !== undefined || error instanceof NotPlain) return undefined;
    throw error;
  }
}

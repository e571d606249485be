import { logSize, readBytes } from '../../../state/log/log.ts';

/** One answer carries at most this much. */
const TEXT_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/**
 * The log's text from `offset` on, about `limit` bytes of it, and the offset to go on from. A character that is not there
 * whole yet is left for the next time, unless `complete` says that nothing more will come. So the texts of all pieces,
 * one after the other, are the text of the whole log, whatever bytes are in it.
 */
export function readText(
  file: string,
  offset: number,
  complete: boolean,
  wish = TEXT_BYTES,
): { text: string; cursor: number } {
  const limit = Math.min(wish, TEXT_BYTES);
  const bytes = readBytes(file, offset, limit);
  const atEnd = complete && bytes.length < limit;
  const whole = atEnd ? bytes.length : bytes.length - unfinishedTail(bytes);
  // The limit is smaller than the character: one is given all the same, or nobody would come past it.
  if (whole === 0 && bytes.length === limit) return readText(file, offset, complete, limit + 1);
  return { text: bytes.subarray(0, whole).toString('utf8'), cursor: offset + whole };
}

/** How many bytes at the end, at most 3, begin a UTF-8 character without finishing it. */
export function unfinishedTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue; // a middle byte
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Where the last `lines` lines begin. A line feed at the very end finishes a line, it begins none. */
export function offsetOfLastLines(file: string, lines: number): number {
  const size = logSize(file);
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const bytes = readBytes(file, start, end - start);
    for (let at = bytes.length - 1; at >= 0; at--) {
      if (bytes[at] !== NEWLINE || start + at === size - 1) continue;
      found++;
      if (found === lines) return start + at + 1;
    }
  }
  return 0;
}

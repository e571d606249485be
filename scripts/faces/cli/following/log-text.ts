import { logSize, readBytes } from '../../../state/log/log.ts';

/** One answer carries at most this much. */
const TEXT_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 65_536;
/** What the last lines may have on average. */
const LINE_BYTES = 1_024;
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

/** Where the last lines begin. */
export interface LastLines {
  offset: number;
  /** they begin further back than was looked: `offset` is no beginning of a line */
  cut: boolean;
}

/**
 * Where the last `lines` lines begin, if they have a kilobyte each on average: a log of one line of 10 GB is neither read nor
 * shown whole. A line feed at the very end finishes a line, it begins none.
 */
export function lastLines(file: string, lines: number): LastLines {
  const size = logSize(file);
  if (lines === 0) return { offset: size, cut: false };
  const earliest = Math.max(0, size - Math.max(TEXT_BYTES, lines * LINE_BYTES));
  let found = 0;
  for (let end = size; end > earliest; end -= CHUNK_BYTES) {
    const start = Math.max(earliest, end - CHUNK_BYTES);
    const bytes = readBytes(file, start, end - start);
    for (let at = bytes.length - 1; at >= 0; at--) {
      if (bytes[at] !== NEWLINE || start + at === size - 1) continue;
      found++;
      if (found === lines) return { offset: start + at + 1, cut: false };
    }
  }
  return { offset: characterAt(file, earliest), cut: earliest > 0 };
}

/** The first byte at or after that one which begins a UTF-8 character, three bytes further at most. */
function characterAt(file: string, offset: number): number {
  if (offset === 0) return 0;
  const middle = [...readBytes(file, offset, 3)].findIndex((byte) => byte < 0x80 || byte >= 0xc0);
  return middle < 0 ? offset : offset + middle;
}

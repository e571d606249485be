import { readSync } from 'node:fs';
import { describeBinary, isAllBinary, type Stretch, stretchesIn } from '../../domain/text/binary.ts';
import { clip } from '../../domain/text/clip.ts';
import type { Excerpt } from '../../domain/text/digest.ts';
import { legible } from '../../domain/text/legible.ts';

/** So much is read for one excerpt at most, and that many bytes for each character that is wanted. */
const WINDOW_BYTES = 1 << 20;
const BYTES_PER_CHARACTER = 16;
/** Where both ends of a log are no text, all of it is taken to be none. */
const SAMPLE_BYTES = 1 << 16;
/** A longer line is cut, where it is not the only one. */
const LINE_CHARACTERS = 400;
const NEWLINE = 0x0a;

/** All of the log, or undefined where it has more characters than that. */
export function readWhole(fd: number, size: number, characters: number): Excerpt | undefined {
  const length = windowFor(size, characters);
  if (length < size) return undefined;
  const text = legible(read(fd, 0, length));
  return text.length <= characters ? { offset: 0, end: size, text } : undefined;
}

/** A log that is no text, in one line; undefined where its beginning or its end can be read. */
export function readBinary(fd: number, size: number): Excerpt | undefined {
  const length = Math.min(size, SAMPLE_BYTES);
  const first = read(fd, 0, length);
  if (!isAllBinary(first) || !isAllBinary(read(fd, size - length, length))) return undefined;
  return { offset: 0, end: size, text: `${describeBinary(size, first)}\n` };
}

/** The log's beginning: whole lines, at most so many characters. */
export function readHead(fd: number, size: number, characters: number): Excerpt {
  const window = read(fd, 0, windowFor(size, characters));
  const lines: string[] = [];
  let [used, end] = [0, 0];
  for (const { from, to } of linesIn(window)) {
    const limit = used === 0 ? Math.min(LINE_CHARACTERS, characters) : LINE_CHARACTERS;
    const shown = shorten(legible(window.subarray(from, to)), limit);
    if (used + shown.length > characters) break;
    lines.push(shown);
    used += shown.length;
    end = to;
  }
  return { offset: 0, end, text: lines.join('') };
}

/** The log's end from `from` on at most, whole lines, or the end of the last one where that alone is too long. */
export function readTailExcerpt(fd: number, size: number, characters: number, from: number): Excerpt {
  const length = Math.min(windowFor(size, characters), size - from);
  const start = size - length;
  const window = read(fd, start, length);
  const lines: string[] = [];
  let [used, begin] = [0, window.length];
  const all = linesIn(window);
  // The first of them is the end of a line that began before the window.
  const candidates = start > from ? all.slice(1) : all;
  for (const { from: at, to } of candidates.reverse()) {
    const shown = shorten(legible(window.subarray(at, to)), LINE_CHARACTERS);
    if (used + shown.length > characters) break;
    lines.push(shown);
    used += shown.length;
    begin = at;
  }
  if (lines.length > 0 || characters <= 0)
    return { offset: start + begin, end: size, text: lines.reverse().join('') };
  return endOfLastLine(window, start, characters);
}

function endOfLastLine(window: Buffer, start: number, characters: number): Excerpt {
  const from = Math.max(0, window.length - characters);
  const text = legible(window.subarray(from)).replace(/^\uFFFD+/, '');
  return { offset: start + from, end: start + window.length, text: `…${text.slice(1 - characters)}` };
}

function windowFor(size: number, characters: number): number {
  return Math.min(size, WINDOW_BYTES, Math.max(4_096, characters * BYTES_PER_CHARACTER));
}

function read(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let at = 0;
  for (let got = -1; got !== 0 && at < length; at += got)
    got = readSync(fd, buffer, at, length - at, position + at);
  return buffer.subarray(0, at);
}

/** Lines of text, and each stretch that is none as one. */
function linesIn(bytes: Buffer): { from: number; to: number }[] {
  return stretchesIn(bytes).flatMap((stretch) => (stretch.binary ? [stretch] : textLinesIn(bytes, stretch)));
}

function textLinesIn(bytes: Buffer, { from: start, to: end }: Stretch): { from: number; to: number }[] {
  const lines: { from: number; to: number }[] = [];
  for (let from = start; from < end; ) {
    const feed = bytes.indexOf(NEWLINE, from);
    const to = feed < 0 || feed >= end ? end : feed + 1;
    lines.push({ from, to });
    from = to;
  }
  return lines;
}

function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return text.endsWith('\n') ? `${clip(text.slice(0, -1), limit - 1)}\n` : clip(text, limit);
}

import { readSync } from 'node:fs';
import { readableLine } from '../../domain/text/terminal-text.ts';

/** A line of a log as a reader sees it, and the bytes that it has there; `end` is after its line feed. */
export interface LogLine {
  offset: number;
  end: number;
  text: string;
}

/** A longer line is cut: characters. */
const LINE_CHARACTERS = 1_000;
/** Of a longer one this much is read. Bytes. */
const LINE_BYTES = 8_192;
const NEWLINE = 0x0a;

/** The lines between two bytes of a log; of those that are cut in two there, the second half of the first is left out. */
export function readLines(fd: number, from: number, to: number): LogLine[] {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  let length = 0;
  for (let got = -1; got !== 0 && length < bytes.length; length += got)
    got = readSync(fd, bytes, length, bytes.length - length, from + length);
  const start = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
  const lines: LogLine[] = [];
  for (let at = start; at < length; ) {
    const feed = bytes.indexOf(NEWLINE, at);
    const end = feed < 0 || feed >= length ? length : feed + 1;
    const whole = bytes.toString('utf8', at, Math.min(feed < 0 ? length : feed, at + LINE_BYTES));
    lines.push({
      offset: from + at,
      end: from + end,
      text: readableLine(whole).slice(0, LINE_CHARACTERS).trimEnd(),
    });
    at = end;
  }
  return lines;
}

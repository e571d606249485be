import { readSync } from 'node:fs';
import { explain, type NotableLine, type NotableLines } from '../../domain/text/digest.ts';
import {
  CANDIDATES,
  classifyFollowing,
  classifyLine,
  LINE_LIMIT,
  type Notable,
} from '../../domain/text/notable-line.ts';
import { readableLine } from '../../domain/text/terminal-text.ts';

const CHUNK_BYTES = 1 << 20;
/** A line longer than this is looked at around what caught the eye. */
const LONG_LINE = 8_192;
/**
 * Looking closely at a line costs microseconds, a millisecond at worst: a log of nothing but errors is left after so many
 * characters, at either end. A line counts as a hundred more than it has.
 */
const CLOSE_LOOKS = 15_000_000;
const LOOK_COST = 100;
/** Of such a log, its end. */
const LAST_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface ScanLimits {
  bytes: number;
  /** milliseconds of `performance.now()` */
  until: number;
}

export interface Scan {
  lines: number | null;
  scanned: { from: number; to: number }[];
}

/**
 * Finds the lines that matter, in at most so many bytes of the log: all of it, or as much from both ends. A log that is made
 * to be slow is left when its time is up.
 */
export function scanLog(fd: number, size: number, limits: ScanLimits, found: NotableLines): Scan {
  const isWhole = size <= limits.bytes;
  const half = isWhole ? size : Math.floor(limits.bytes / 2);
  const region = new Region(fd, found, limits.until);
  const to = region.scan(0, half);
  if (to === size) return { lines: region.lines, scanned: [{ from: 0, to }] };
  const from = Math.max(to, size - (isWhole ? LAST_BYTES : half));
  const end = new Region(fd, found, limits.until).scan(from, size);
  return {
    lines: null,
    scanned: [
      { from: 0, to },
      { from, to: end },
    ].filter((part) => part.to > part.from),
  };
}

/** A line that the next ones may explain; of a traceback, which is entered when it is known what it comes to, none yet. */
interface Open {
  line: NotableLine | undefined;
  offset: number;
  follow: NonNullable<Notable['follow']>;
  place: string;
}

class Region {
  lines = 0;
  readonly #fd: number;
  readonly #found: NotableLines;
  readonly #until: number;
  #looks = 0;
  #open: Open | undefined;

  constructor(fd: number, found: NotableLines, until: number) {
    this.#fd = fd;
    this.#found = found;
    this.#until = until;
  }

  /** Returns how far it came. */
  scan(from: number, to: number): number {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let base = from;
    let kept = 0;
    let endsOpen = false;
    for (;;) {
      const wanted = Math.min(buffer.length - kept, to - base - kept);
      const read = wanted > 0 ? readSync(this.#fd, buffer, kept, wanted, base + kept) : 0;
      const length = kept + read;
      if (length === 0) break;
      const lineEnd = buffer.subarray(0, length).lastIndexOf(NEWLINE) + 1;
      // The end of the region ends its last line; and one that fills the buffer is taken in pieces.
      const whole =
        read === 0 || lineEnd === 0 ? (read === 0 || length === buffer.length ? length : 0) : lineEnd;
      const taken = this.#take(buffer.subarray(0, whole), base);
      if (taken < whole) return base + taken;
      if (whole > 0) endsOpen = buffer[whole - 1] !== NEWLINE;
      buffer.copyWithin(0, whole, length);
      kept = length - whole;
      base += whole;
      if (this.#looks > CLOSE_LOOKS) return base;
      if (read === 0 && kept === 0) break;
    }
    if (endsOpen) this.lines++;
    return base;
  }

  /** Returns how many of the bytes were searched: all of them, unless the time is up. */
  #take(bytes: Buffer, base: number): number {
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === NEWLINE) this.lines++;
    // As Latin-1 a character is a byte: places in this text are places in the log.
    const text = bytes.toString('latin1');
    const next = candidatesIn(text);
    let at = 0;
    while (at < text.length) {
      if (performance.now() > this.#until) return at;
      if (!this.#open) {
        at = next(at);
        if (at < 0) break;
      }
      const { start, end } = this.#open ? { start: at, end: endOfLine(text, at) } : lineAround(text, at);
      this.#look(readableLine(bytes.toString('utf8', start, Math.min(end, start + LONG_LINE))), base + start);
      at = end + 1;
    }
    return bytes.length;
  }

  #look(line: string, offset: number): void {
    this.#looks += LOOK_COST + Math.min(line.length, LINE_LIMIT);
    if (this.#open && this.#follows(line, this.#open)) return;
    const notable = classifyLine(line);
    if (!notable) return;
    const { kind, follow } = notable;
    const entry = follow === 'traceback' ? undefined : this.#found.add(offset, kind, line);
    if (follow) this.#open = { line: entry, offset, follow, place: '' };
  }

  /** Whether the line belonged to the one before it. */
  #follows(line: string, open: Open): boolean {
    const verdict = classifyFollowing(line, open.follow);
    if (verdict === 'more') {
      if (/^\s+File "/.test(line)) open.place = line;
      return true;
    }
    this.#open = undefined;
    if (verdict === 'no') return false;
    if (open.line) explain(open.line, line);
    else {
      const traceback = this.#found.add(open.offset, 'exception', line);
      if (open.place) explain(traceback, open.place);
    }
    return true;
  }
}

/** Tells the first place at or after the given one, which only grows, that deserves a closer look; -1: none. */
function candidatesIn(text: string): (from: number) => number {
  const places = CANDIDATES.map(() => -1);
  return (from) => {
    CANDIDATES.forEach((pattern, index) => {
      if ((places[index] ?? 0) >= from) return;
      pattern.lastIndex = from;
      places[index] = pattern.exec(text)?.index ?? Number.MAX_SAFE_INTEGER;
    });
    const first = Math.min(...places);
    return first === Number.MAX_SAFE_INTEGER ? -1 : first;
  };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/**
 * The line that holds `at`; of a very long one (a progress bar, say) what was drawn there. Looks no further than a long
 * line reaches: a log of 30 MB in one line took 18 s when each place looked for the line's ends.
 */
function lineAround(text: string, at: number): { start: number; end: number } {
  const from = Math.max(0, at - LONG_LINE);
  const near = text.slice(from, at + LONG_LINE);
  const place = at - from;
  const feed = near.lastIndexOf('\n', place);
  const nextFeed = near.indexOf('\n', place);
  const start = from + feed + 1;
  const end = nextFeed < 0 ? from + near.length : from + nextFeed;
  const isWhole = (feed >= 0 || from === 0) && (nextFeed >= 0 || end === text.length);
  if (isWhole && end - start <= LONG_LINE) return { start, end };
  const nearest = Math.max(start, from + near.lastIndexOf('\r', place) + 1, at - 200);
  const redraw = near.indexOf('\r', place);
  return { start: nearest, end: Math.min(end, redraw < 0 ? end : from + redraw, nearest + LINE_LIMIT) };
}

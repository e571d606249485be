import { type Failure, readBlock } from '../../domain/text/blocks/blocks.ts';
import { clip } from '../../domain/text/clip.ts';
import { type Counts, countsIn, countsText, isCount } from '../../domain/text/counts.ts';
import type { Excerpt, NotableLines } from '../../domain/text/digest.ts';
import {
  distinct,
  type Extract,
  type FailureBlock,
  fitting,
  type Room,
  telling,
} from '../../domain/text/extract.ts';
import { isNoise } from '../../domain/text/noise.ts';
import type { NotableKind } from '../../domain/text/notable-line.ts';
import { type LogLine, readLines } from './lines.ts';

/** What an extract is to have. */
export interface Wish extends Room {
  /** the job's directory: places below it are shown without it */
  base: string;
  /** the job did not complete: what failed is looked for */
  failed: boolean;
}

export const EMPTY_EXTRACT: Extract = { counts: null, blocks: [], blocksFound: 0, head: null, tail: null };

/** Around a line that matters so much is read: bytes. */
const BEFORE = 16_384;
const AFTER = 65_536;
/** Below it there is room for a block. */
const BLOCK_BYTES = 16_384;
const TAIL_BYTES = 16_384;
/** So many blocks are read, of which the first are shown. */
const MOST_BLOCKS = 400;
/** Lines of the tail: below blocks, and where nothing else is told. */
const TAIL_LINES = 5;
const LONG_TAIL_LINES = 25;
/** Of a beginning that may say nothing. */
const HEAD_LINES = 3;
const HEAD_BYTES = 8_192;
const LINE_CHARACTERS = 400;

interface Span {
  offset: number;
  end: number;
}

/**
 * What matters of a log in which the lines that matter are known.
 * @param until milliseconds of `performance.now()`: then it is left at what is found
 */
export function extractFrom(
  fd: number,
  size: number,
  found: NotableLines,
  wish: Wish & { until: number },
): Extract {
  if (wish.lines === 0) return EMPTY_EXTRACT;
  const end = readLines(fd, Math.max(0, size - TAIL_BYTES), size);
  const sums = found
    .places()
    .filter(({ line }) => line.kind === 'summary' && line.offset < size - TAIL_BYTES);
  const counts = countsIn([...sums.map(({ line }) => line.text), ...end.map(({ text }) => text)]);
  const { blocks, told } = wish.failed ? readBlocks(fd, size, found, wish) : { blocks: [], told: [] };
  const all = telling(distinct(blocks), counts);
  const shown = fitting(all, wish);
  const known = wish.failed ? (counts ?? countedBlocks(all)) : counts;
  const isSummed = all.length > 0 || (isTelling(counts) && !wish.failed);
  const last = Math.max(0, ...[...told, ...end.filter(({ text }) => isCount(text))].map((span) => span.end));
  const rest = isSummed
    ? end.filter((line) => line.offset >= last && !isNoise(line.text))
    : unsummed(end, wish.failed);
  const used = shown.reduce((sum, { reason }) => sum + 1 + reason.length, 0);
  const most = Math.min(
    isSummed ? TAIL_LINES : Math.max(LONG_TAIL_LINES, wish.lines - HEAD_LINES),
    wish.lines - used,
  );
  const tail = excerptOf(rest.slice(Math.max(0, rest.length - most)), wish.characters);
  const start = isSummed
    ? []
    : readLines(fd, 0, Math.min(size, HEAD_BYTES)).filter((line) => line.end <= (tail?.offset ?? 0));
  const head = excerptOf(start.slice(0, HEAD_LINES), wish.characters);
  return { counts: isTelling(known) ? known : null, blocks: shown, blocksFound: all.length, head, tail };
}

/** Of what nobody understands all is told; where it went well, what says so line by line is not. */
function unsummed(end: readonly LogLine[], failed: boolean): readonly LogLine[] {
  const told = failed ? end : end.filter(({ text }) => !isNoise(text));
  return told.length > 0 ? told : end;
}

function isTelling(counts: Counts | undefined): counts is Counts {
  return counts !== undefined && countsText(counts) !== undefined;
}

/** Some tools do not sum up: their failures are counted, where they are of one kind. */
function countedBlocks(blocks: readonly FailureBlock[]): Counts | undefined {
  const tests = blocks.filter(({ test }) => test).length;
  const errors = blocks.filter(({ kind, test }) => kind === 'compiler-error' && !test).length;
  if (tests > 0) return { failed: tests, total: null, of: 'tests' };
  return errors > 0 ? { failed: errors, total: null, of: 'errors' } : undefined;
}

/** The last of these lines, as many as there is room for; no empty one stands first. */
function excerptOf(lines: readonly LogLine[], characters: number): Excerpt | null {
  let left = characters;
  const from = lines.findLastIndex(({ text }) => {
    left -= Math.min(text.length, LINE_CHARACTERS) + 1;
    return left < 0;
  });
  const chosen = lines.slice(from + 1);
  while (chosen[0]?.text.trim() === '') chosen.shift();
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (!first || !last) return null;
  const text = chosen
    .map((line) => clip(line.text, LINE_CHARACTERS))
    .join('\n')
    .trimEnd();
  return { offset: first.offset, end: last.end, text };
}

/** Each failure once; `told` is what is told by them, or only repeats them. */
function readBlocks(
  fd: number,
  size: number,
  found: NotableLines,
  { base, until }: { base: string; until: number },
): { blocks: FailureBlock[]; told: Span[] } {
  const blocks: FailureBlock[] = [];
  const told: Span[] = [];
  let lines: LogLine[] = [];
  let texts: string[] = [];
  let end = 0;
  let read = 0;
  for (const { offset, line } of found.places()) {
    if (line.kind === 'summary') {
      told.push({ offset, end: offset + 1 });
      continue;
    }
    if (offset < end) continue;
    if (read++ >= MOST_BLOCKS || performance.now() > until) break;
    if (!isInside(lines, offset, size)) {
      lines = readLines(fd, Math.max(0, offset - BEFORE), Math.min(size, offset + AFTER));
      texts = lines.map(({ text }) => text);
    }
    const at = indexOf(lines, offset);
    if (at < 0) continue;
    const { from, to, failure } = readBlock(texts, at, base);
    const span = { offset: lines[from]?.offset ?? offset, end: lines[to - 1]?.end ?? offset };
    told.push(span);
    end = span.end;
    if (failure)
      blocks.push({
        ...failure,
        ...span,
        kind: kindOf(failure, line.kind),
        times: failure.test ? 1 : line.times,
      });
  }
  return { blocks, told };
}

/** What draws its errors as others their failed tests is a linter. */
function kindOf({ test }: Failure, kind: NotableKind): NotableKind {
  if (test) return 'failed-test';
  return kind === 'failed-test' ? 'compiler-error' : kind;
}

/** With what may stand above it, and room for its block. */
function isInside(lines: readonly LogLine[], offset: number, size: number): boolean {
  const [first] = lines;
  const last = lines.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    first.offset <= offset &&
    Math.min(size, offset + BLOCK_BYTES) <= last.end
  );
}

function indexOf(lines: readonly LogLine[], offset: number): number {
  let [low, high] = [0, lines.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const line = lines[middle];
    if (!line) return -1;
    if (line.end <= offset) low = middle + 1;
    else if (line.offset > offset) high = middle - 1;
    else return middle;
  }
  return -1;
}

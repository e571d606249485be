/** What matters of a command's output: what failed, where and why; how many of how many; and its end. */
import type { Failure } from './blocks/blocks.ts';
import type { Counts } from './counts.ts';
import type { Excerpt } from './digest.ts';
import type { NotableKind } from './notable-line.ts';

/** A failure, and the bytes of the log that tell it: `logs ID --since OFFSET` opens it. */
export interface FailureBlock extends Failure {
  offset: number;
  end: number;
  kind: NotableKind;
  /** how often it was told so */
  times: number;
}

export interface Extract {
  counts: Counts | null;
  /** by offset */
  blocks: FailureBlock[];
  /** how many there were, shown or not */
  blocksFound: number;
  /** the first lines, where nothing is known to have failed and nothing was counted */
  head: Excerpt | null;
  /** the last lines; without what blocks and counts tell and what says nothing, where there are any. null where nothing is left */
  tail: Excerpt | null;
}

/** Of one failure that is told several times the most telling, in the order of the log; and no mere echo of others. */
export function distinct(blocks: readonly FailureBlock[]): FailureBlock[] {
  const kept: FailureBlock[] = [];
  for (const block of blocks) {
    const known = kept.findIndex((one) => isSame(one, block));
    const other = kept[known];
    if (!other) kept.push(block);
    else kept[known] = merged(other, block);
  }
  return kept.sort((a, b) => a.offset - b.offset);
}

function isSame(a: FailureBlock, b: FailureBlock): boolean {
  if (a.name === b.name && a.place === b.place) return true;
  if (!a.test || !b.test || !isSameName(a.name, b.name)) return false;
  // Two tests of one name, in two suites, each with its reason, are two.
  const isBare = (one: FailureBlock) => one.reason.length === 0 || one.place === null;
  return isBare(a) || isBare(b) || a.reason[0] === b.reason[0];
}

/** `test_cart.py::TestPrices::test_a` and `TestPrices.test_a`, `Cart › adds` and `adds`. */
function isSameName(a: string, b: string): boolean {
  const [long, short] = [wordsOf(a), wordsOf(b)].sort((one, other) => other.length - one.length);
  return long === short || (short !== '' && (long ?? '').endsWith(` ${short}`));
}

function wordsOf(name: string): string {
  return name
    .replace(/^ERROR at \w+ of /, '')
    .replace(/[>›:./#()\s]+/g, ' ')
    .trim();
}

/** Whichever has more to tell, with what the other one knows besides. */
function merged(a: FailureBlock, b: FailureBlock): FailureBlock {
  const [more, less] = weightOf(b) > weightOf(a) ? [b, a] : [a, b];
  const isAgain = a.name === b.name && a.place === b.place && a.reason.join() === b.reason.join();
  return {
    ...more,
    place: more.place ?? less.place,
    times: isAgain && !a.test ? a.times + b.times : more.times,
  };
}

function weightOf({ reason, place }: Failure): number {
  return reason.length * 2 + (place === null ? 0 : 1);
}

const RANKS: Record<NotableKind, number> = {
  crash: 0,
  'failed-test': 0,
  'compiler-error': 0,
  exception: 1,
  error: 2,
  summary: 3,
};

/**
 * Those that answer for the end of the job: where as many tests have failed as are counted, what passing tests have printed of
 * errors explains nothing.
 */
export function telling(blocks: readonly FailureBlock[], counts: Counts | undefined): FailureBlock[] {
  const tests = blocks.filter(({ test }) => test).length;
  const isExplained = tests > 0 && (counts?.of !== 'tests' || tests >= counts.failed);
  return blocks.filter((one) => one.test || !isExplained || RANKS[one.kind] === 0);
}

/** What blocks may take: characters and lines, their headings included. */
export interface Room {
  characters: number;
  lines: number;
}

/** A block takes at most so many lines. */
const MOST_LINES = 9;

/** As many as there is room for, each with as much of its reason as leaves all of them a place. */
export function fitting(blocks: readonly FailureBlock[], room: Room): FailureBlock[] {
  const ranked = [...blocks].sort((a, b) => RANKS[a.kind] - RANKS[b.kind] || a.offset - b.offset);
  const chosen: FailureBlock[] = [];
  let { characters, lines } = room;
  for (const [index, block] of ranked.entries()) {
    const left = ranked.length - index;
    const share = Math.max(1, Math.min(MOST_LINES, Math.floor(lines / Math.min(left, Math.max(1, lines)))));
    const most = Math.max(costOf(block, 0), Math.floor(characters / Math.min(left, 8)));
    let reasons = Math.min(block.reason.length, share - 1);
    while (reasons > 0 && costOf(block, reasons) > most) reasons--;
    if (lines < 1 || costOf(block, reasons) > characters) break;
    chosen.push({ ...block, reason: shortened(block.reason, reasons) });
    lines -= 1 + reasons;
    characters -= costOf(block, reasons);
  }
  return chosen.sort((a, b) => a.offset - b.offset);
}

/** What a line costs beyond its text: its indentation, and the line feed. */
const LINE_COST = 5;
const HEADING_COST = 8;

function costOf({ name, place, reason }: Failure, reasons: number): number {
  const told = reason.slice(0, reasons).reduce((sum, line) => sum + line.length + LINE_COST, 0);
  return name.length + (place?.length ?? 0) + HEADING_COST + told;
}

function shortened(reason: string[], count: number): string[] {
  return reason.slice(0, count);
}

/** `name (place): reason`, one line for a notice or a desktop. */
export function briefBlock({ name, place, reason, times }: FailureBlock): string {
  const where = place === null ? '' : ` (${place})`;
  const why = reason
    .map((line) => line.trim())
    .filter((line) => !/^(?:[-+] ?(?:actual|expected|received|at ))/i.test(line))
    .join(' ');
  const count = times > 1 ? ` (${times} ×)` : '';
  return `${name}${where}${why === '' ? '' : `: ${why}`}${count}`;
}

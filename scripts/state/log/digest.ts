import { closeSync, fstatSync, openSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';
import { costOf, type Digest, NotableLines, shares } from '../../domain/text/digest.ts';
import type { Extract } from '../../domain/text/extract.ts';
import { readBinary, readHead, readTailExcerpt, readWhole } from './excerpt.ts';
import { EMPTY_EXTRACT, extractFrom, type Wish } from './extract.ts';
import { scanLog } from './scan.ts';

export interface DigestOptions {
  /** how many characters head, tail and lines that matter may have together */
  characters: number;
  /** how many bytes are searched for lines that matter, half of them at the beginning; a longer log's middle is not */
  scanBytes?: number;
  /** when the search for lines that matter stops, wherever it is: milliseconds of `performance.now()` */
  until?: number;
}

export interface LookOptions extends DigestOptions {
  extract: Wish;
}

const NO_EXTRACT: Wish = { base: '', failed: false, characters: 0, lines: 0 };

/** Of the time, what the search may take. */
const SEARCH_SHARE = 0.6;

/** Seconds at most, also for a log of any size. */
const SCAN_BYTES = 256 * 1024 * 1024;

/** The digest of a log as it is now, in flat memory. Of one that is not there: of an empty one. */
export function digestLog(file: string, options: DigestOptions): Digest {
  return lookInto(file, { ...options, extract: NO_EXTRACT }).digest;
}

/** What matters of it, and its digest, with one search for both. */
export function lookInto(file: string, options: LookOptions): { digest: Digest; extract: Extract } {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { digest: EMPTY, extract: EMPTY_EXTRACT };
    throw error;
  }
  try {
    const size = fstatSync(fd).size;
    const binary = readBinary(fd, size);
    if (binary)
      return { digest: { ...EMPTY, bytes: size, lines: null, head: binary }, extract: EMPTY_EXTRACT };
    const found = new NotableLines();
    const { until = Number.POSITIVE_INFINITY, extract } = options;
    const digest = digestOf(fd, size, { ...options, until: searchUntil(until, extract) }, found);
    return { digest, extract: extractFrom(fd, size, found, { until, ...options.extract }) };
  } finally {
    closeSync(fd);
  }
}

/** What is found in a log that is slow to search is to be read, too. */
function searchUntil(until: number, { lines }: Wish): number {
  const now = performance.now();
  return lines === 0 || until === Number.POSITIVE_INFINITY ? until : now + (until - now) * SEARCH_SHARE;
}

function digestOf(
  fd: number,
  bytes: number,
  { characters, scanBytes = SCAN_BYTES, until = Number.POSITIVE_INFINITY }: DigestOptions,
  found: NotableLines,
): Digest {
  const { lines, scanned } = scanLog(fd, bytes, { bytes: scanBytes, until }, found);
  const share = shares(characters);
  const notable = found.choose(share.notable);
  const known = { bytes, lines, notable, notableFound: found.found, scanned };
  const all = readWhole(fd, bytes, characters);
  if (all) return { ...known, head: all, tail: null };
  const { head, whole } = share.excerpts(notable.reduce((sum, line) => sum + costOf(line), 0));
  const start = readHead(fd, bytes, head);
  return { ...known, head: start, tail: readTailExcerpt(fd, bytes, whole - start.text.length, start.end) };
}

const EMPTY: Digest = {
  bytes: 0,
  lines: 0,
  head: { offset: 0, end: 0, text: '' },
  tail: null,
  notable: [],
  notableFound: 0,
  scanned: [],
};

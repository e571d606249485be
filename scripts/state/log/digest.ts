import { closeSync, fstatSync, openSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';
import { costOf, type Digest, NotableLines, shares } from '../../domain/text/digest.ts';
import { readBinary, readHead, readTailExcerpt, readWhole } from './excerpt.ts';
import { scanLog } from './scan.ts';

export interface DigestOptions {
  /** how many characters head, tail and lines that matter may have together */
  characters: number;
  /** how many bytes are searched for lines that matter, half of them at the beginning; a longer log's middle is not */
  scanBytes?: number;
  /** when the search for lines that matter stops, wherever it is: milliseconds of `performance.now()` */
  until?: number;
}

/** Seconds at most, also for a log of any size. */
const SCAN_BYTES = 256 * 1024 * 1024;

/** The digest of a log as it is now, in flat memory. Of one that is not there: of an empty one. */
export function digestLog(file: string, options: DigestOptions): Digest {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return EMPTY;
    throw error;
  }
  try {
    return digest(fd, fstatSync(fd).size, options);
  } finally {
    closeSync(fd);
  }
}

function digest(
  fd: number,
  bytes: number,
  { characters, scanBytes = SCAN_BYTES, until = Number.POSITIVE_INFINITY }: DigestOptions,
): Digest {
  const binary = readBinary(fd, bytes);
  if (binary) return { ...EMPTY, bytes, lines: null, head: binary };
  const found = new NotableLines();
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

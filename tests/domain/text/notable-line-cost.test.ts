/** A job chooses what its output looks like: no line of it may take the finder long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_PATTERNS } from '../../../scripts/domain/text/blocks/blocks.ts';
import { COUNT_PATTERNS } from '../../../scripts/domain/text/counts.ts';
import { NOISE_PATTERNS } from '../../../scripts/domain/text/noise.ts';
import { PATTERNS } from '../../../scripts/domain/text/notable-line.ts';
import { long } from '../../support/long.ts';

/** Sixteen times the length takes a linear pattern sixteen times as long, a quadratic one 256 times, a cubic one 4,096. */
const [SHORT, LONG] = long ? [1_000, 16_000] : [500, 8_000];
const GROWTH = 64;
/** Below that a clock says little: no pattern that takes so long for 16,000, or 8,000, characters is a danger. Milliseconds. */
const HARMLESS_MS = long ? 4 : 1;

/** What stands in a line beside the pattern's own words. */
const COMMON = [' ', '\t', 'a', '1', '.', ':', '-', '[', '(', '=', 'a.', 'a: ', '::', '1 ', "'", '(a', '1:'];

for (const pattern of [...PATTERNS, ...BLOCK_PATTERNS, ...COUNT_PATTERNS, ...NOISE_PATTERNS]) {
  test(`the time for a line grows as its length: ${String(pattern).slice(0, 90)}`, () => {
    assert.equal(slowLine(pattern), undefined);
  });
}

test('a pattern that is not linear is found', () => {
  const known = [/\bTests run: .*\b(?:Failures|Errors): [1-9].*FAIL/, /^ERROR\s*[\])>|]?[\s:]\s*\S/];
  for (const pattern of known) {
    assert.notEqual(slowLine(pattern), undefined, String(pattern));
  }
});

/** The beginning of a line whose time grows faster than its length. */
function slowLine(pattern: RegExp): string | undefined {
  const isSlow = (line: (length: number) => string) => {
    const long = cost(pattern, line(LONG));
    return long > HARMLESS_MS && long > GROWTH * cost(pattern, line(SHORT));
  };
  return craftedFor(pattern).find(isSlow)?.(60);
}

/** Lines of any length that repeat the pattern's own parts, alone and with what may stand between, and end so or as none of them. */
function craftedFor(pattern: RegExp): ((length: number) => string)[] {
  const parts = partsOf(pattern);
  const beginnings = ['', ...parts, ...parts.map((part) => `${part} `), ...parts.map((part) => `${part}a`)];
  const repeated = [
    ...new Set([
      ...COMMON,
      ...parts,
      ...parts.flatMap((part) => COMMON.flatMap((other) => [part + other, other + part])),
      ...runsOf(parts).flatMap((run) => parts.map((part) => run + part)),
    ]),
  ];
  return beginnings.flatMap((beginning) =>
    repeated.flatMap((part) =>
      ['', '\x01'].map(
        (end) => (length: number) =>
          (beginning + part.repeat(Math.ceil(length / part.length))).slice(0, length) + end,
      ),
    ),
  );
}

/** Two and three neighbours: what such a pattern finds as a whole, so that all that comes after it is tried once more. */
function runsOf(parts: string[]): string[] {
  return parts.flatMap((_, index) => [2, 3].map((count) => parts.slice(index, index + count).join('')));
}

/** The words of a pattern: what is left of its source without its signs. */
function partsOf({ source }: RegExp): string[] {
  const plain = source
    .replace(/\\[bBsSwW]/g, '|')
    .replace(/\\d/g, '1')
    .replace(/\[\^?[^\]]*\]/g, '1')
    .replace(/\(\?(?:[:=!]|<[=!])/g, '|')
    .replace(/\{[\d,]+\}/g, '')
    .replace(/\\(.)/g, '$1');
  const words = plain.split(/[|()^$?*+]+/).map((word) => word.slice(0, 24));
  return [...new Set(words.filter((word) => word !== ''))].slice(0, MOST_PARTS);
}

/** Of the long lists of words any will do: they stand side by side in the same place. */
const MOST_PARTS = 8;

/** The least of three, as the collector of garbage may take a moment of one. Milliseconds of the processor, whatever else it does. */
function cost(pattern: RegExp, line: string): number {
  const once = () => {
    const start = process.cpuUsage();
    line.search(pattern);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  const first = once();
  return first < HARMLESS_MS ? first : Math.min(first, once(), once());
}

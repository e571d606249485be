import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stretchesIn } from '../../../scripts/domain/text/binary.ts';

const GARBAGE = Buffer.from(Array.from({ length: 40 }, (_, at) => [0x80, 1, 0, 0xff][at % 4] ?? 0));
const GBK = Buffer.from('b4edcef3a3bacec4bcfeb2bbb4e6d4da', 'hex');
const line = (...parts: (string | Buffer)[]) =>
  Buffer.concat([...parts, '\n'].map((one) => Buffer.from(one)));

/** T for text, B for binary, by line. */
function verdicts(...lines: Buffer[]): string {
  const stretches = stretchesIn(Buffer.concat(lines));
  let at = 0;
  return lines
    .map(({ length }) => {
      const place = at;
      at += length;
      return stretches.find(({ from, to }) => from <= place && place < to)?.binary ? 'B' : 'T';
    })
    .join('');
}

const CASES: [string, string, Buffer[]][] = [
  ['one binary line between others', 'TBT', [line('begin'), line(GARBAGE), line('ERROR: disk full')]],
  ['a word between binary lines', 'BTB', [line(GARBAGE), line('ok'), line(GARBAGE)]],
  ['another encoding', 'TTT', [line('begin'), line(GBK), line('error: ', GBK)]],
  ['another encoding alone', 'T', [line(GBK)]],
  ['no UTF-8 in the midst of what is binary', 'BBB', [line(GARBAGE), line(GBK), line(GARBAGE)]],
  [
    'empty lines in text and in what is binary',
    'TTBBB',
    [line('a b'), line(), line(GARBAGE), line(), line(GARBAGE)],
  ],
  ['a few control characters', 'T', [line('\u0000\u0001')]],
  ['no line feed at the end', 'TB', [line('begin'), GARBAGE]],
  ['nothing but binary', 'BB', [line(GARBAGE), GARBAGE]],
];

for (const [what, expected, lines] of CASES)
  test(`told line by line: ${what}`, () => assert.equal(verdicts(...lines), expected));

test('a long line is judged in pieces, and all of it is told once', () => {
  const bytes = Buffer.concat([Buffer.alloc(10_000, 'x'), Buffer.alloc(10_000), Buffer.alloc(9_000, 'y')]);
  const found = stretchesIn(bytes);
  assert.deepEqual(
    found.map(({ binary }) => binary),
    [false, true, false],
  );
  assert.deepEqual([found[0]?.from, found.at(-1)?.to], [0, bytes.length]);
});

import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Digest } from '../../../scripts/domain/text/digest.ts';
import { digestLog } from '../../../scripts/state/log/digest.ts';
import { long } from '../../support/long.ts';
import { numbers, strangeBytes } from '../../support/random.ts';
import { scratch } from '../../support/scratch.ts';

const FAILURE = 'src/main.c:7:12: error: no such thing';

test('a log that fits is shown whole, with its lines that matter', () => {
  const digest = digestOf(`one\n${FAILURE}\n`, 1_000);
  assert.deepEqual(digest, {
    bytes: 42,
    lines: 2,
    head: { offset: 0, end: 42, text: `one\n${FAILURE}\n` },
    tail: null,
    notable: [{ offset: 4, kind: 'compiler-error', text: FAILURE, times: 1 }],
    notableFound: 1,
    scanned: [{ from: 0, to: 42 }],
  });
});

test('of a long log the digest has its beginning, its end, and what matters between', () => {
  const filler = Array.from({ length: 20_000 }, (_, index) => `step ${index}: all is well, 0 errors\n`);
  const before = filler.slice(0, 9_000).join('');
  const text = `${before}${FAILURE}\nTraceback (most recent call last):\n  File "a.py", line 3, in f\n    x()\nKeyError: 'é'\n${filler.slice(9_000).join('')}last words`;
  const digest = digestOf(text, 2_000);
  const { head, tail, notable, lines } = digest;
  assert.deepEqual(
    notable.map(({ offset, kind, text: shown }) => [offset, kind, shown]),
    [
      [before.length, 'compiler-error', FAILURE],
      [before.length + FAILURE.length + 1, 'exception', `KeyError: 'é'\n  File "a.py", line 3, in f`],
    ],
  );
  assert.match(head.text, /^step 0: .*\n(?:step \d+: .*\n)+$/);
  assert.match(tail?.text ?? '', /^step \d+: .*\n(?:step \d+: .*\n)+last words$/);
  assert.equal(lines, 20_006);
  assert.ok(charactersIn(digest) <= 2_000, `${charactersIn(digest)} characters`);
  const bytes = Buffer.from(text);
  assert.equal(bytes.subarray(0, head.end).toString(), head.text);
  assert.equal(bytes.subarray(tail?.offset).toString(), tail?.text);
});

test('an error that comes a thousand times counts, and leaves room for the others', () => {
  const flood = Array.from({ length: 1_000 }, (_, index) => `ERROR request ${index} failed\n`).join('');
  const { notable, notableFound } = digestOf(`${flood}Segmentation fault (core dumped)\n${flood}`, 1_000);
  assert.deepEqual(
    notable.map(({ kind, times }) => [kind, times]),
    [
      ['error', 2_000],
      ['crash', 1],
    ],
  );
  assert.equal(notableFound, 2_001);
});

test('of a log that is too long to be searched, both ends are, and it is said', () => {
  using place = scratch('digest');
  const file = join(place.path, 'log');
  const fd = openSync(file, 'w');
  const filler = 'all is well\n'.repeat(10_000);
  writeSync(fd, `${FAILURE}\n${filler}`);
  ftruncateSync(fd, 3_000_000_000); // sparse: as long, and on no disk
  writeSync(fd, `\n${filler}${FAILURE}, again\n`, 3_000_000_000);
  closeSync(fd);
  const { notable, scanned, lines, bytes } = digestLog(file, { characters: 1_000, scanBytes: 100_000 });
  assert.deepEqual(
    notable.map(({ offset }) => offset),
    [0, bytes - Buffer.byteLength(`${FAILURE}, again\n`)],
  );
  assert.deepEqual([scanned[0]?.to, scanned[1]?.from, lines], [50_000, bytes - 50_000, null]);
});

test('a line without an end is shown by its beginning and its end', () => {
  const digest = digestOf(`begin${'x'.repeat(3_000_000)}end`, 900);
  assert.match(digest.head.text, /^beginx+…$/);
  assert.match(digest.tail?.text ?? '', /^…x+end$/);
  assert.ok(charactersIn(digest) <= 900);
});

test('what is no text is named, not shown', () => {
  const random = numbers(7);
  const bytes = Buffer.from(Array.from({ length: 100_000 }, () => random(256)));
  const { head, tail, notable } = digestOf(bytes, 1_000);
  assert.match(head.text, /^\[binary, 100,000 bytes, begins( [0-9a-f]{2}){16} …\]\n$/);
  assert.deepEqual([tail, notable], [null, []]);
});

test('whatever a log holds: within the budget, harmless, the same each time, and every offset opens its line', () => {
  using place = scratch('digest');
  const file = join(place.path, 'log');
  for (let seed = 0; seed < (long ? 20_000 : 150); seed++) {
    const random = numbers(seed);
    const bytes = strangeBytes(random, 10 + random(2_000));
    writeFileSync(file, bytes);
    const characters = 200 + random(3_000);
    const digest = digestLog(file, { characters });
    const { head, tail, notable } = digest;
    const told = [head.text, tail?.text ?? '', ...notable.map(({ text }) => text)].join('\n');
    assert.doesNotMatch(told, /[\0-\x08\x0b-\x1f\x7f-\x9f]/, `seed ${seed}`);
    assert.ok(charactersIn(digest) <= characters, `seed ${seed}: ${charactersIn(digest)} of ${characters}`);
    assert.ok(head.end <= (tail?.offset ?? bytes.length), `seed ${seed}: overlap`);
    for (const { offset } of notable)
      assert.ok(offset === 0 || bytes[offset - 1] === 10, `seed ${seed}: ${offset} begins no line`);
    assert.deepEqual(digestLog(file, { characters }), digest);
  }
});

function digestOf(content: string | Buffer, characters: number): Digest {
  using place = scratch('digest');
  const file = join(place.path, 'log');
  writeFileSync(file, content);
  assert.equal(readFileSync(file).length, Buffer.byteLength(content));
  return digestLog(file, { characters });
}

function charactersIn({ head, tail, notable }: Digest): number {
  const lines = tail ? notable.reduce((sum, { text }) => sum + text.length, 0) : 0;
  return head.text.length + (tail?.text.length ?? 0) + lines;
}

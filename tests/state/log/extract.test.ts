/** What matters of what tools print: each output of tests/support/extracts, and what is told of it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { countsText } from '../../../scripts/domain/text/counts.ts';
import { briefBlock, type Extract } from '../../../scripts/domain/text/extract.ts';
import { lookInto } from '../../../scripts/state/log/digest.ts';
import { PRINTED } from '../../support/extracts/catalog.ts';
import { scratch } from '../../support/scratch.ts';

const folder = join(import.meta.dirname, '../../support/extracts');
/** EXTRACTS=write writes what is told now, to be read before it is committed. */
const isWriting = process.env.EXTRACTS === 'write';
const BASE = '/home/me/shop';
const ROOM = { characters: 8_000, lines: 30 };

for (const { name, by, failed } of PRINTED) {
  test(`${name} (${by}): what failed, where and why, is told, and nothing else`, () => {
    const log = readFileSync(join(folder, `${name}.txt`), 'utf8');
    const expected = join(folder, `${name}.expected`);
    if (isWriting) writeFileSync(expected, told(extractOf(log, failed)));
    for (const [form, text] of Object.entries(forms(log)))
      assert.equal(told(extractOf(text, failed)), readFileSync(expected, 'utf8'), form);
  });
}

test('of 25 tools at least there is an output, and every output is in the catalog', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  assert.deepEqual(files.map((name) => name.slice(0, -4)).sort(), PRINTED.map(({ name }) => name).sort());
  assert.ok(PRINTED.filter(({ failed }) => failed).length >= 25);
  assert.ok(PRINTED.filter(({ failed, made }) => failed && made === 'run').length >= 18);
  for (const { name } of PRINTED) assert.ok(existsSync(join(folder, `${name}.expected`)), name);
});

test('each failure’s bytes are those that tell it', () => {
  for (const { name } of PRINTED.filter(({ failed }) => failed)) {
    const log = readFileSync(join(folder, `${name}.txt`));
    for (const { offset, end } of extractOf(log.toString(), true).blocks) {
      assert.ok(offset === 0 || log[offset - 1] === 10, `${name}: ${offset} begins a line`);
      assert.ok(end > offset && (end === log.length || log[end - 1] === 10), `${name}: ${end} ends a line`);
    }
  }
});

test('a thousand failures keep to the room, and say how many there are', () => {
  const log = Array.from(
    { length: 1_000 },
    (_, n) => `src/a${n}.c:${n + 1}:1: error: no ${'x'.repeat(300)} ${n}\n`,
  ).join('');
  const extract = extractOf(log, true);
  const lines = told(extract)
    .split('\n')
    .filter((line) => !line.startsWith('|'));
  assert.ok(lines.length <= 34, `${lines.length} lines`);
  assert.ok(lines.join('\n').length <= 9_000, `${lines.join('\n').length} characters`);
  assert.ok(extract.blocksFound >= 400, String(extract.blocksFound));
});

test('a failed run that nobody understands shows three lines of its beginning, and its end', () => {
  const log = Array.from({ length: 500 }, (_, n) => `step ${n}\n`).join('');
  const { head, tail, blocks, counts } = extractOf(log, true);
  assert.deepEqual([blocks, counts], [[], null]);
  assert.equal(head?.text, 'step 0\nstep 1\nstep 2');
  assert.match(tail?.text ?? '', /^step 473\n[\s\S]*step 499$/);
  assert.equal(log.slice(tail?.offset, tail?.end), `${tail?.text}\n`);
  assert.equal(log.slice(head?.offset, head?.end), `${head?.text}\n`);
});

function extractOf(log: string, failed: boolean): Extract {
  using place = scratch('extract');
  const file = join(place.path, 'log');
  writeFileSync(file, log);
  return lookInto(file, { characters: 8_000, extract: { base: BASE, failed, ...ROOM } }).extract;
}

/** As a reader sees it; below it the lines of a notice. */
function told({ counts, blocks, head, tail }: Extract): string {
  return [
    `= ${(counts && countsText(counts)) ?? 'not counted'}`,
    ...blocks.flatMap(({ name, place, reason }) => [
      `✖ ${name} (${place})`,
      ...reason.map((line) => `    ${line}`),
    ]),
    ...(head?.text.split('\n').map((line) => `< ${line}`) ?? []),
    ...(tail?.text.split('\n').map((line) => `> ${line}`) ?? []),
    ...blocks.map((block) => `| ${briefBlock(block)}`),
    '',
  ].join('\n');
}

/** As it comes through a pipe, and as it comes to a terminal. */
function forms(log: string): Record<string, string> {
  const lines = log.split('\n');
  return {
    plain: log,
    'with CRLF': lines.join('\r\n'),
    coloured: lines.map((line) => (line === '' ? line : `\x1b[1m\x1b[31m${line}\x1b[0m`)).join('\n'),
  };
}

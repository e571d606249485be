/** A list fits its screen, whatever stands in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, drawTable } from '../../../../scripts/faces/cli/listing/table.ts';
import { columnsOf, fit, wrapped } from '../../../../scripts/faces/cli/render/width.ts';

type Row = { number: string; name: string; output: string };

const columns: Column<Row>[] = [
  { title: '#', right: true, cell: ({ number }) => ({ text: number }) },
  { title: 'NAME', least: 6, cell: ({ name }) => ({ text: name }) },
  { title: 'OUTPUT', least: 10, goes: 1, cell: ({ output }) => ({ text: output }) },
];

const rows: Row[] = [
  { number: '7', name: '夜间构建🚀🚀', output: 'ok' },
  { number: '12', name: 'e\u0301te\u0301', output: 'a long line\nin two 👩‍👩‍👧‍👧 of them' },
];

function drawn(width: number | undefined, those = rows): string[] {
  const { head, rows: lines } = drawTable(columns, those, { width });
  return [head, ...lines].map((line) => line.map(({ text }) => text).join(''));
}

test('columns stand below each other, with characters of two columns among them', () => {
  assert.deepEqual(drawn(undefined), [
    ' #  NAME          OUTPUT',
    ' 7  夜间构建🚀🚀  ok',
    '12  e\u0301te\u0301           a long line in two 👩👩👧👧 of them',
  ]);
});

test('no line is wider than the screen, and a column that does not fit goes', () => {
  for (const width of [60, 40, 30, 22])
    for (const line of drawn(width)) assert.ok(columnsOf(line) <= width, line);
  assert.match(drawn(22)[0] ?? '', /OUTPUT/);
  assert.deepEqual(drawn(16), [' #  NAME', ' 7  夜间构建🚀🚀', '12  e\u0301te\u0301']);
  assert.deepEqual(drawn(10), [' #  NAME', ' 7  夜间…', '12  e\u0301te\u0301']);
});

test('a column with nothing in it is left out', () => {
  assert.deepEqual(drawn(80, [{ number: '1', name: 'a', output: '' }]), ['#  NAME', '1  a']);
});

test('no character to the eye is cut in two', () => {
  assert.equal(fit('🚀🚀🚀', 6), '🚀🚀🚀');
  assert.equal(fit('🚀🚀🚀', 5), '🚀🚀…');
  assert.equal(fit('🚀🚀🚀', 4), '🚀…');
  assert.equal(fit('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
  assert.equal(fit('abc', 0), '');
});

test('a text that fills no screen is not measured to its end', () => {
  const long = '👩'.repeat(1_000_000); // V8 takes minutes to find where its characters end
  assert.equal(fit(long, 7), '👩👩👩…');
  assert.deepEqual(wrapped(`one ${long}`, 7), ['one', '👩👩👩…']);
  assert.deepEqual(wrapped(`${long} · ${long} · ${long}`, 7, 2), ['👩👩👩…', '👩👩👩…']);
});

test('a list is broken between two things, a text between two words', () => {
  assert.deepEqual(wrapped('logs -f 21 · pause 21 · cancel 21', 24), ['logs -f 21 · pause 21', 'cancel 21']);
  assert.deepEqual(wrapped('one two three', 8), ['one two', 'three']);
});

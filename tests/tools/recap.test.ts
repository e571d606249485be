import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failedFiles, readEnds, recap, slowest, type TestEnd } from '../../tools/recap.ts';
import { scratch } from '../support/scratch.ts';

const reporter = join(import.meta.dirname, '../../tools/event-reporter.mjs');

/** Files in node's own runner, with our reporter beside its own. */
function ran(folder: string, files: Record<string, string>): TestEnd[] {
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), `import { test } from 'node:test';\n${text}`);
    return join(folder, name);
  });
  const ends = join(folder, 'ends');
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [`--test-reporter=${reporter}`, `--test-reporter-destination=${ends}`, ...paths];
  spawnSync(process.execPath, ['--import', 'tsx', '--test', ...args], { env });
  return readEnds(readFileSync(ends, 'utf8'), folder);
}

test('every failed test is told with its file and the beginning of what it threw, those that passed are not', () => {
  using folder = scratch();
  const ends = ran(folder.path, {
    'a.test.ts': `import assert from 'node:assert';
      test('holds', () => {});
      test('all of it', async (t) => {
        await t.test('compares', () => assert.deepStrictEqual({ a: 1, b: 2 }, { a: 1, b: 3 }));
      });`,
    'b.test.ts': 'process.exit(3);',
    'c.test.ts': "test('holds, too', () => {});",
  });
  assert.deepEqual(failedFiles(ends), ['a.test.ts', 'b.test.ts']);
  const lines = recap(ends, ['b.test.ts'])
    .replace(/\d+\.\d s/g, 'N s')
    .split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'The tests that failed, in the first run:',
    'a.test.ts (FAILED)',
    '  ✖ compares (N s)',
    '      AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:',
  ]);
  assert.match(lines[8] ?? '', /^ {10}at .*a\.test\.ts:\d+:\d+/, 'the last line of an error is its place');
  assert.deepEqual(lines.slice(9, 11), ['b.test.ts (FLAKY, it passed alone)', '  ✖ b.test.ts (N s)']);
  assert.equal(recap(ends.filter(({ file }) => file === 'c.test.ts')), '');
});

test('however much has failed, the recap is short enough for the end of what CI shows', () => {
  const error = Array.from({ length: 40 }, (_, line) => `line ${line} ${'x'.repeat(400)}`).join('\n');
  const failed = (count: number): TestEnd[] =>
    Array.from({ length: count }, (_, n) => ({
      file: 'a.test.ts',
      name: `test ${n}`,
      nesting: 0,
      ms: 1,
      error,
    }));
  const linesOf = (count: number) => recap(failed(count)).split('\n');
  assert.equal(linesOf(3).length, 2 + 3 * 7);
  assert.equal(linesOf(9).length, 2 + 9 * 5, 'less of each');
  assert.ok(
    linesOf(48).some((line) => line.includes('test 47')),
    'the names alone',
  );
  const many = linesOf(200);
  assert.deepEqual([many.length, many.at(-1)], [50, '…and 153 lines more']);
  assert.ok([...linesOf(3), ...many].every((line) => line.length <= 180));
});

test('a line that a killed runner has half written is left out', () => {
  const whole = JSON.stringify({ file: '/root/tests/a.test.ts', name: 'a', nesting: 0, ms: 5 });
  assert.deepEqual(readEnds(`${whole}\n${whole.slice(0, 20)}`, '/root'), [
    { file: 'tests/a.test.ts', name: 'a', nesting: 0, ms: 5 },
  ]);
});

test('the files that took longest come first, by the time of their own tests', () => {
  const end = (file: string, nesting: number, ms: number): TestEnd => ({ file, name: 'x', nesting, ms });
  const told = slowest([end('a', 0, 1_000), end('b', 0, 900), end('b', 1, 9_000), end('b', 0, 300)]);
  assert.deepEqual(told.split('\n').slice(1), ['    1.2 s  b', '    1.0 s  a']);
});

/** What tools print, as it is in tests/support/outputs: each line's first character says what it is (`KINDS`). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NotableKind } from '../../../scripts/domain/text/notable-line.ts';
import { digestLog } from '../../../scripts/state/log/digest.ts';
import { scratch } from '../../support/scratch.ts';

/** A space: nothing; `+`: explains the line before it. */
const KINDS: Record<string, NotableKind> = {
  T: 'failed-test',
  C: 'compiler-error',
  X: 'exception',
  K: 'crash',
  E: 'error',
  S: 'summary',
};

const folder = join(import.meta.dirname, '../../support/outputs');

for (const name of readdirSync(folder)) {
  test(`${name}: the lines that matter are found, and no other`, () => {
    using place = scratch('outputs');
    const { log, expected } = read(join(folder, name));
    const file = join(place.path, 'log');
    for (const [form, text] of Object.entries(forms(log))) {
      writeFileSync(file, text);
      const { notable } = digestLog(file, { characters: 1_000_000 });
      const found = notable.flatMap(({ kind, text: shown, times }) =>
        Array.from({ length: times }, () => `${kind}: ${shown}`),
      );
      assert.deepEqual(found.sort(), expected.sort(), form);
      for (const { offset } of notable)
        assert.ok(offset === 0 || Buffer.from(text)[offset - 1] === 10, `${offset} begins a line`);
    }
  });
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

function read(path: string): { log: string; expected: string[] } {
  const lines = readFileSync(path, 'utf8').split('\n');
  const expected: string[] = [];
  for (const line of lines) {
    const [mark = ' ', text] = [line[0], line.slice(2)];
    const kind = KINDS[mark];
    if (kind) expected.push(`${kind}: ${text.trim()}`);
    if (mark === '+') expected.push(`${expected.pop()}\n${text.trimEnd()}`);
  }
  return { log: lines.map((line) => line.slice(2)).join('\n'), expected };
}

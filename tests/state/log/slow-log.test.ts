/** A log that is made to be slow to search. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestLog } from '../../../scripts/state/log/digest.ts';
import { scratch } from '../../support/scratch.ts';

const LINE = 'ERROR: the same again, and again\n';

test('the search ends when its time is up, says how far it came, and the ends are shown all the same', () => {
  using place = scratch('slow-log');
  const file = join(place.path, 'log');
  writeFileSync(file, LINE.repeat(400_000));
  const before = performance.now();
  const late = digestLog(file, { characters: 2_000, until: before });
  assert.deepEqual([late.scanned, late.lines, late.notable], [[], null, []]);
  assert.ok(late.head.text.startsWith(LINE) && late.tail?.text.endsWith(LINE));
  const soon = digestLog(file, { characters: 2_000, until: performance.now() + 500 });
  const searched = soon.scanned.reduce((sum, { from, to }) => sum + to - from, 0);
  assert.ok(searched > 0 && searched < soon.bytes, `${searched} of ${soon.bytes} bytes`);
  assert.deepEqual([soon.lines, soon.notable[0]?.kind], [null, 'error']);
});

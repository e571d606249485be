/** A pattern is found in lines of any length at a cost that their length bounds. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LineSearch } from '../../../../scripts/faces/cli/following/line-search.ts';
import { scratch } from '../../../support/scratch.ts';

/** Counts how often it is asked. */
class Counting extends RegExp {
  asked = 0;

  override test(text: string): boolean {
    this.asked++;
    return super.test(text);
  }
}

test('a line without an end is looked into at its beginning and at its end, and the lines after it as ever', () => {
  using folder = scratch();
  const log = join(folder.path, 'log');
  writeFileSync(log, Buffer.alloc(32 << 20, 'x'));
  const wanted = new Counting('ready');
  const search = new LineSearch(log, wanted);
  assert.equal(search.look(), undefined);
  assert.ok(wanted.asked < 20, `${wanted.asked} looks at 32 MB of one line`);
  appendFileSync(log, ' rea');
  assert.equal(search.look(), undefined);
  appendFileSync(log, 'dy');
  assert.match(search.look()?.line ?? '', /x ready$/);

  writeFileSync(log, Buffer.concat([Buffer.alloc(4 << 20, 'x'), Buffer.from('\nnot yet\nready 1\n')]));
  assert.equal(new LineSearch(log, /^ready/).look()?.line, 'ready 1');
  writeFileSync(log, `${'x'.repeat(500_000)}ready${'x'.repeat(500_000)}\n`);
  assert.ok(new LineSearch(log, /ready/).look());
});

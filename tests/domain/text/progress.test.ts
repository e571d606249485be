import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressIn } from '../../../scripts/domain/text/progress.ts';

test('how far a program is stands in its last line that tells it', () => {
  const told = (...lines: string[]) => progressIn(lines)?.text;
  assert.equal(told('Downloading [###...] 4%', 'Downloading [####..] 46%', 'still there'), '46 %');
  assert.equal(told('12% done 40% done'), '40 %');
  assert.equal(told('99.5 %'), '99 %');
  assert.equal(told('[3/12] linking'), '3 of 12');
  assert.equal(told('#7 (2/9) COPY'), '2 of 9');
  assert.equal(told('Step 4 of 9'), '4 of 9');
  assert.deepEqual(progressIn(['[1/4] a']), { text: '1 of 4', share: 0.25 });
});

test('what only looks like it is none', () => {
  for (const line of ['2026/11/27', 'src/1/2', 'coverage is 120%', '[13/12]', 'rate 5', ''])
    assert.equal(progressIn([line]), undefined, line);
});

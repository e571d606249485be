import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleExcuses, judge } from '../../tools/flaky.ts';

const listed = {
  'tests/a.test.ts': { reason: 'its client needs 300 MB', until: '2027-01-31' },
  'tests/old.test.ts': { reason: 'nobody looked', until: '2026-12-31' },
};

test('a file that passes on its second run alone fails the gate', () => {
  const { excused, sentences } = judge(['tests/b.test.ts', 'tests/a.test.ts'], '2027-01-31', listed);
  assert.equal(excused, false);
  assert.match(
    sentences[0] ?? '',
    /^FLAKY: tests\/b\.test\.ts .* tools\/flaky\.ts with a reason and a date\.$/,
  );
});

test('one that is listed passes up to the last day of its excuse, which is said aloud', () => {
  assert.deepEqual(judge(['tests/a.test.ts'], '2027-01-31', listed), {
    excused: true,
    sentences: ['FLAKY until 2027-01-31: tests/a.test.ts, because its client needs 300 MB'],
  });
  assert.equal(judge(['tests/a.test.ts'], '2027-02-01', listed).excused, false);
});

test('excuses that are over, or of files that are gone, are named', () => {
  assert.deepEqual(idleExcuses(['tests/old.test.ts'], '2027-01-01', listed), [
    'tools/flaky.ts excuses tests/a.test.ts, which is not there. Remove the entry.',
    'tools/flaky.ts excuses tests/old.test.ts until 2026-12-31, which is over. Remove the entry.',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  planRetention,
  type RetentionLimits,
  type StoredJob,
} from '../../../scripts/domain/job/retention.ts';
import { numbers } from '../../support/random.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const LIMITS: RetentionLimits = { keepDays: 30, keepBytes: 1_000 };

/** `ended` and `read` as days ago. */
function job(id: string, bytes: number, ended: number | null, read: number | null = ended): StoredJob {
  const at = (days: number | null) => (days === null ? null : NOW - days * DAY);
  return { id, bytes, endedAt: at(ended), readAt: at(read) };
}

const plan = (jobs: StoredJob[], limits = LIMITS) =>
  planRetention(jobs, limits, NOW).map(({ id, why }) => `${id}: ${why}`);

test('what was read longer ago than is to be kept goes, and nothing younger', () => {
  assert.deepEqual(plan([job('a', 1, 31), job('b', 1, 29), job('c', 1, 40, 29)]), ['a: age']);
});

test('beyond the size, what was read longest ago goes first, until it fits', () => {
  const jobs = [job('a', 400, 3), job('b', 400, 9, 2), job('c', 400, 5), job('d', 400, 4)];
  assert.deepEqual(plan(jobs), ['c: size', 'd: size']);
});

test('what was read within a day stays whatever its size', () => {
  assert.deepEqual(plan([job('a', 9_000, 5, 0.5)]), []);
});

test('a live job stays, and one that nobody has read for 90 days', () => {
  const jobs = [job('a', 9_000, null), job('b', 9_000, 89, null), job('c', 1, 91, null)];
  assert.deepEqual(plan(jobs), ['c: never read']);
  assert.deepEqual(plan([job('c', 1, 91, null)], { keepDays: 100, keepBytes: null }), []);
});

test('without limits nothing ever goes', () => {
  assert.deepEqual(
    plan([job('a', 9_000, 400), job('b', 1, 400, null)], { keepDays: null, keepBytes: null }),
    [],
  );
});

test('whatever the jobs: nothing that must stay goes, and the size is kept as far as it can be', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = numbers(seed);
    const jobs = Array.from({ length: random(20) }, (_, index) => {
      const ended = random(5) === 0 ? null : random(120);
      return job(
        `j${index}`,
        random(300),
        ended,
        random(3) === 0 ? null : ended === null ? null : random(ended + 1),
      );
    });
    const gone = new Set(planRetention(jobs, LIMITS, NOW).map(({ id }) => id));
    const left = jobs.filter(({ id }) => !gone.has(id));
    for (const { id, endedAt, readAt } of jobs.filter((one) => gone.has(one.id))) {
      assert.ok(endedAt !== null, `${id} lives (seed ${seed})`);
      assert.ok(readAt !== null || NOW - endedAt > 90 * DAY, `${id} is not read (seed ${seed})`);
    }
    const total = left.reduce((sum, { bytes }) => sum + bytes, 0);
    const more = left.filter(
      ({ endedAt, readAt }) => endedAt !== null && readAt !== null && NOW - Math.max(endedAt, readAt) > DAY,
    );
    assert.ok(total <= 1_000 || more.length === 0, `seed ${seed}: ${total}`);
  }
});

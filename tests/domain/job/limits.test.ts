import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  amountOf,
  describeLimits,
  endingBy,
  LIMIT_NAMES,
  limitReason,
  meaningOf,
  NO_LIMITS,
  standardOf,
} from '../../../scripts/domain/job/limits.ts';
import { aJobRequest } from '../../../scripts/domain/job/parse-job.ts';

const process = { machine: 'm', boot: 'b', pidNamespace: 'n', pid: 4711, start: '99' };
const stored = {
  ...{ version: 1, id: 'run-abcdefgh-ijklmnop', kind: 'run', title: 'Run', summary: 'true' },
  ...{
    background: true,
    createdAt: '2026-01-01T00:00:00.000Z',
    workspaceRoot: '/w',
    cwd: '/w',
    origin: null,
  },
  ...{ enqueuedBy: process, node: '/node', runtime: '/r', spec: { argv: ['true'] } },
};

test('each limit is kept by some runner, and says why it stopped a job, also where the amount is not on record', () => {
  for (const limit of LIMIT_NAMES) {
    const keepers = (['shell', 'turn'] as const).filter((runner) => meaningOf(limit, runner));
    assert.notEqual(keepers.length, 0, limit);
    for (const runner of keepers) {
      assert.match(limitReason(limit, runner, 7), /^Stopped .*\b7 (s|bytes)\b/);
      assert.match(limitReason(limit, runner, 0), /^Stopped /);
    }
  }
});

test('too much output is a failure, and too much time is not', () => {
  assert.deepEqual(endingBy('output'), { ending: 'failed', limit: 'output' });
  for (const limit of ['deadline', 'stall'] as const)
    assert.deepEqual(endingBy(limit), { ending: 'timed-out', limit });
});

test('a request of release 1.1.0 keeps its output limit, which stands in its spec', () => {
  const limits = { deadlineSeconds: 60, stallSeconds: 0 };
  const spec = { argv: ['true'], outputLimit: 1000 };
  const request = aJobRequest({ ...stored, limits, spec }, 'request');
  const set = LIMIT_NAMES.map((limit) => [limit, amountOf(request, limit)]).filter(([, amount]) => amount);
  assert.deepEqual(Object.fromEntries(set), { deadline: 60, output: 1000 });
});

test('a request says also of the limits that release 1.1.0 knows that there are none, which it insists on', () => {
  const { deadlineSeconds, stallSeconds } = NO_LIMITS;
  assert.deepEqual([deadlineSeconds, stallSeconds], [0, 0]);
  for (const limit of LIMIT_NAMES) assert.equal(amountOf({ limits: NO_LIMITS }, limit), 0);
});

test('a limit that is no count is refused', () => {
  const limits = { deadlineSeconds: 0, stallSeconds: 0, outputBytes: -1 };
  assert.throws(() => aJobRequest({ ...stored, limits }, 'request'), {
    message: 'request.limits.outputBytes is not a count',
  });
});

test('a turn has a stall limit where nobody says one, and a command has none', () => {
  assert.equal(standardOf('stall', 'turn'), 3600);
  for (const limit of LIMIT_NAMES) assert.equal(standardOf(limit, 'shell'), 0, limit);
});

test('limits are told by the names of their options', () => {
  const limits = { deadlineSeconds: 90, stallSeconds: 3600, outputBytes: 1024 };
  assert.match(describeLimits(limits) ?? '', /^deadline 1m 30s, output-limit 1(\.0)? K\w*, stall 1h 00m$/);
  assert.equal(describeLimits(NO_LIMITS), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShellJob, isTurnJob, JOB_ID, jobId, KINDS } from '../../../scripts/domain/job/kinds.ts';
import { aJobRequest } from '../../../scripts/domain/job/parse-job.ts';
import type { JobKind } from '../../../scripts/domain/job/specs.ts';

const kinds = Object.keys(KINDS) as JobKind[];
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
  ...{ limits: { deadlineSeconds: 0, stallSeconds: 0 }, enqueuedBy: process, node: '/node', runtime: '/r' },
  spec: { argv: ['true'] },
};

test('each kind has ids that are known for ids, and one runner', () => {
  for (const kind of kinds) {
    assert.match(jobId(kind, Date.now(), 'abcd1234'), JOB_ID);
    assert.notEqual(isShellJob({ kind }), isTurnJob({ kind }));
  }
  assert.doesNotMatch('claude-abcdefgh-ijklmnop', JOB_ID);
});

test('a request of a kind that is not known is refused by that name, with those that are', () => {
  assert.throws(() => aJobRequest({ ...stored, kind: 'claude' }, 'request'), {
    message: `request.kind is "claude", a kind of job that this version does not know (it knows ${kinds.join(', ')})`,
  });
  for (const kind of ['constructor', '', 3])
    assert.throws(() => aJobRequest({ ...stored, kind }, 'request'), /^Malformed: request\.kind is /);
});

test('a request keeps what it carries beyond what is known', () => {
  const spec = { argv: ['true'], newer: 'field' };
  assert.deepEqual(aJobRequest({ ...stored, spec }, 'request').spec, spec);
});

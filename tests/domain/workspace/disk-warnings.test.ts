import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, parseBytes } from '../../../scripts/domain/base/bytes.ts';
import { diskWarnings } from '../../../scripts/domain/workspace/disk-warnings.ts';

const GIB = 1024 ** 3;

test('little room is said, by the size of the file system', () => {
  const warned = (available: number, total: number) => diskWarnings('/s', { available, total }, []).length;
  assert.deepEqual([warned(0.9 * GIB, 500 * GIB), warned(1.1 * GIB, 500 * GIB)], [1, 0]);
  assert.deepEqual([warned(0.1 * GIB, GIB), warned(0.04 * GIB, GIB)], [0, 1]);
  assert.deepEqual(diskWarnings('/s', null, []), []);
});

test('a log that has grown huge is said', () => {
  assert.deepEqual(
    diskWarnings('/s', null, [
      { id: 'run-a', bytes: GIB },
      { id: 'run-b', bytes: GIB - 1 },
    ]),
    ['The output of run-a has grown to 1.0 GB.'],
  );
});

test('sizes are read and written in powers of 1024', () => {
  assert.deepEqual(['1', '2k', '1.5 MB', '3GiB', '10bytes'].map(parseBytes), [
    1,
    2048,
    1_572_864,
    3 * GIB,
    10,
  ]);
  assert.deepEqual(['', '0', '-1', 'k', '1x', '1e3', '99999999T'].map(parseBytes), Array(7).fill(undefined));
  assert.deepEqual([1, 999, 1000, 10_240, GIB].map(formatBytes), [
    '1 byte',
    '999 bytes',
    '1.0 KB',
    '10 KB',
    '1.0 GB',
  ]);
});

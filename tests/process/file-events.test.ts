import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileSystemWithoutEvents, withoutEvents } from '../../scripts/process/file-events.ts';

test('network and host file systems are told by their number, also where it comes signed', () => {
  assert.match(withoutEvents(0x01021997) ?? '', /^9p/);
  assert.equal(withoutEvents(0x6969), 'NFS');
  assert.equal(withoutEvents(0xff534d42 | 0), 'CIFS');
  assert.equal(withoutEvents(0xef53), undefined, 'ext4');
});

test('a directory that is not there yet is judged by what is above it', () => {
  const below = join(tmpdir(), 'not', 'there', 'yet');
  assert.equal(fileSystemWithoutEvents(below), fileSystemWithoutEvents(tmpdir()));
});

/** What others write is read as a plain file of bounded size, or not at all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  NotPlain,
  readPlainFile,
  readRange,
  withPlainFile,
} from '../../../scripts/state/files/plain-file.ts';
import { scratch } from '../../support/scratch.ts';

const follow = { followLinks: true };

test('a plain file is read, through a link where that is allowed', () => {
  using place = scratch('plain-file');
  const [file, link] = [join(place.path, 'file'), join(place.path, 'link')];
  writeFileSync(file, 'äöü');
  symlinkSync(file, link);
  assert.equal(readPlainFile(file, 6), 'äöü');
  assert.equal(readPlainFile(link, 6), 'äöü');
  assert.throws(() => readPlainFile(link, 6, { followLinks: false }), { code: 'ELOOP' });
  assert.throws(() => readPlainFile(join(place.path, 'none'), 6), { code: 'ENOENT' });
  const range = withPlainFile(file, follow, ({ fd }) => readRange(fd, 2, 100).toString());
  assert.equal(range, 'öü');
});

test('a FIFO, a device, a folder and a file that is too long are refused, and named', () => {
  using place = scratch('plain-file');
  const [fifo, folder, long] = ['fifo', 'folder', 'long'].map((name) => join(place.path, name)) as [
    string,
    string,
    string,
  ];
  execFileSync('mkfifo', [fifo]);
  mkdirSync(folder);
  writeFileSync(long, '12345');
  for (const path of [fifo, folder, '/dev/zero'])
    assert.throws(() => readPlainFile(path, 100), new NotPlain(path, 'it is no plain file'));
  assert.throws(() => readPlainFile(long, 4), new NotPlain(long, 'it has 5 bytes, more than 4'));
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { transcriptHolds, transcriptSize } from '../../../scripts/state/session/transcript.ts';
import { scratch } from '../../support/scratch.ts';

const queued = '{"type":"queue-operation","operation":"enqueue","content":"notice n-1"}\n';
const entry = '{"parentUuid":"x","attachment":{"type":"queued_command","prompt":"notice n-1"}}\n';

test('a receipt is an entry that holds the notice, not what a busy client only keeps for later', () => {
  using folder = scratch();
  const file = join(folder.path, 'session.jsonl');
  writeFileSync(file, queued);
  assert.equal(transcriptHolds(file, 0, 'n-1'), false);
  writeFileSync(file, queued + queued + entry);
  assert.equal(transcriptHolds(file, 0, 'n-1'), true);
  assert.equal(transcriptHolds(file, 0, 'n-2'), false);
});

test('only what came later counts, unless the file was begun anew', () => {
  using folder = scratch();
  const file = join(folder.path, 'session.jsonl');
  writeFileSync(file, entry + queued);
  assert.equal(transcriptHolds(file, entry.length, 'n-1'), false);
  assert.equal(transcriptHolds(file, 10_000, 'n-1'), true);
  assert.equal(transcriptSize(file), entry.length + queued.length);
});

test('no transcript, or a directory in its place, holds nothing', () => {
  assert.equal(transcriptHolds('/nowhere/at/all', 0, 'n-1'), false);
  assert.equal(transcriptHolds(tmpdir(), 0, 'n-1'), false);
  assert.equal(transcriptSize('/nowhere/at/all'), 0);
});

/** What rings the doorbell, as the client sees it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SessionNote } from '../../../scripts/state/session/client-note.ts';
import { noteClient, ring } from '../../../scripts/state/session/clients.ts';
import { aWorkspace } from '../../support/world.ts';

test('however many jobs end one after the other, each of the bell’s files is left alone for 3 s in turn', async (t) => {
  await using world = await aWorkspace();
  const session = join(world.stateRoot, 'sessions/claude-code-s');
  mkdirSync(session, { recursive: true, mode: 0o700 });
  const note: SessionNote = {
    ...{ sessionId: 's', client: null, workspaceDirectory: '/w', startedAt: '2026-01-01T00:00:00.000Z' },
    ...{ transcriptPath: null, codexHome: null, program: null },
    host: 'claude-code',
  };
  const bell = noteClient(world.stateRoot, session, note, true) ?? '';
  const files = ['ring', 'ring-2'].map((name) => join(bell, name));
  const contents = () => files.map((file) => readFileSync(file, 'utf8'));
  let now = 0;
  t.mock.method(Date, 'now', () => now);
  const rung: (number | undefined)[] = [];
  for (; now < 12_000; now += 500) {
    const before = contents();
    assert.ok(ring(session));
    const changed = contents().flatMap((text, index) => (text === before[index] ? [] : [index]));
    assert.equal(changed.length, 1);
    rung.push(changed[0]);
  }
  assert.equal(rung.join(''), '000000111111000000111111');
});

/** The sessions that a workspace has on record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyState, withSession } from '../../../scripts/domain/workspace/workspace-state.ts';

function session(number: number) {
  const startedAt = new Date(number).toISOString();
  return { host: 'claude-code' as const, id: `session-${number}`, client: null, startedAt, endedAt: null };
}

test('of thousands of sessions whose end nobody saw the latest hundred are kept; one that comes back is the latest', () => {
  let state = emptyState('/w');
  for (let number = 0; number < 2_000; number++) state = withSession(state, session(number));
  state = withSession(state, session(1_900));
  const ids = state.sessions.map(({ id }) => id);
  assert.equal(ids.length, 100);
  assert.deepEqual([ids.at(-1), ids.at(-2), new Set(ids).size], ['session-1900', 'session-1999', 100]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTheWay, queuePositions, type Standing } from '../../../scripts/domain/job/cap.ts';

/** Jobs in the order of their age, the oldest first; their ids say how each stands. */
function jobs(...standings: Standing[]) {
  const all = standings.map((standing, n) => ({ id: `${n}-${standing}`, createdAt: time(n) }));
  const looked: string[] = [];
  const look = (id: string) => {
    looked.push(id);
    return id.slice(id.indexOf('-') + 1) as Standing;
  };
  const way = (n: number, cap: number) => {
    const job = all[n];
    assert.ok(job);
    // The index has the newest first.
    return inTheWay(job, [...all].reverse(), cap, look);
  };
  return { all, looked, way };
}

function time(n: number): string {
  return new Date(1_700_000_000_000 + n).toISOString();
}

test('a job begins while fewer than the cap run or wait before it', () => {
  const { way } = jobs('running', 'waiting', 'waiting', 'waiting');
  assert.deepEqual(way(1, 1), ['0-running']);
  assert.deepEqual(way(1, 2), []);
  assert.deepEqual(way(2, 2), ['0-running', '1-waiting']);
  assert.deepEqual(way(2, 3), [], 'beside the older one, not after it');
  assert.deepEqual(way(3, 3), ['0-running', '1-waiting', '2-waiting']);
});

test('who is gone is in nobody’s way', () => {
  const { way } = jobs('gone', 'gone', 'waiting', 'gone', 'waiting');
  assert.deepEqual(way(2, 1), []);
  assert.deepEqual(way(4, 1), ['2-waiting']);
});

test('a younger one that waits is not in the way, one that runs is', () => {
  const { way } = jobs('waiting', 'waiting', 'running');
  assert.deepEqual(way(0, 1), ['2-running']);
  assert.deepEqual(way(0, 2), []);
  assert.deepEqual(way(1, 2), ['0-waiting', '2-running']);
});

test('however many run since before the cap, none begins until they are fewer than it', () => {
  const { way } = jobs('running', 'running', 'running', 'waiting');
  assert.equal(way(3, 2).length, 2);
  assert.equal(way(3, 3).length, 3);
  assert.deepEqual(way(3, 4), []);
});

test('no more jobs are looked at than it takes to know', () => {
  const { way, looked } = jobs('running', 'running', 'waiting', 'waiting', 'waiting');
  way(4, 2);
  assert.deepEqual(looked, ['0-running', '1-running']);
});

test('among all jobs of one workspace exactly those begin for which there is room', () => {
  const standings: Standing[] = ['gone', 'running', 'waiting'];
  for (let code = 0; code < 3 ** 5; code++) {
    const pattern = Array.from({ length: 5 }, (_, n) => standings[Math.floor(code / 3 ** n) % 3] ?? 'gone');
    for (let cap = 1; cap <= 4; cap++) {
      const { way } = jobs(...pattern);
      const waiting = pattern.flatMap((standing, n) => (standing === 'waiting' ? [n] : []));
      const room = Math.max(0, cap - pattern.filter((standing) => standing === 'running').length);
      const begin = waiting.filter((n) => way(n, cap).length === 0);
      assert.deepEqual(begin, waiting.slice(0, room), `${pattern} with a cap of ${cap}`);
    }
  }
});

test('places are counted from 1, the oldest first; ids decide within a millisecond', () => {
  const waiting = [
    { id: 'c', createdAt: time(2) },
    { id: 'b', createdAt: time(1) },
    { id: 'a', createdAt: time(1) },
  ];
  assert.deepEqual(
    [...queuePositions(waiting)],
    [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
  );
});

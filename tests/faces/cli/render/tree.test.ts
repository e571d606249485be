/** Of the processes of a job, however many there are, a few lines are drawn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeLines } from '../../../../scripts/faces/cli/one-job/tree.ts';

const seen = (pid: number, parent: number) => ({
  ...{ pid, parent, name: `p${pid}` },
  ...{ cpu: null, memory: null, ports: [] },
});

test('each stands below the one that has started it', () => {
  const lines = treeLines([seen(2, 1), seen(3, 2), seen(4, 3), seen(5, 2), seen(9, 1)]);
  assert.deepEqual(lines, ['p2 (2)', '├─ p3 (3)', '│  └─ p4 (4)', '└─ p5 (5)', 'p9 (9)']);
});

test('a job whose processes have started each other ten thousand deep is drawn, too', () => {
  const deep = Array.from({ length: 10_000 }, (_, index) => seen(index + 2, index + 1));
  const lines = treeLines(deep);
  assert.equal(lines.length, 13);
  assert.equal(lines.at(-1), '… 9988 more');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LIMITS } from '../../../scripts/domain/job/limits.ts';
import { wrapperFile } from '../../../scripts/domain/shell/wrapper-file.ts';

test('the wrapper’s file quotes each value, and names the limits that are set with their amounts', () => {
  const sheet = {
    ...{ cwd: "/it's", root: '/', node: '/node', finish: '/runtime/worker.mjs', leftovers: 'wait' },
    ...{ limits: { ...NO_LIMITS, stallSeconds: 5, deadlineSeconds: 60 }, words: ['a b', '', "'\n$x"] },
  };
  assert.equal(
    wrapperFile(sheet),
    `ccj_cwd='/it'\\''s'
ccj_root='/'
ccj_node='/node'
ccj_finish='/runtime/worker.mjs'
ccj_leftovers='wait'
ccj_limits='deadline=60 stall=5'
set -- 'a b' '' ''\\''
$x'
`,
  );
});

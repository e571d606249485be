import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { assertNoneLeft, survivors } from './leaks.ts';
import { until } from './wait.ts';

test('a condition that never holds is named, with what was seen last', async () => {
  await assert.rejects(
    until('the broker is gone', () => 0, 20),
    /^Error: Waited 20 ms in vain until the broker is gone; it was last 0\.$/,
  );
  const failing = () => Promise.reject(new Error('no socket'));
  await assert.rejects(until('it answers', failing, 20), /it last threw Error: no socket\.$/);
});

test('a condition that holds later gives its value', async () => {
  let calls = 0;
  assert.equal(await until('the third call', () => ++calls === 3 && 'third'), 'third');
});

for (const [carried, args, env] of [
  ['environment', [], { COOKIE: 'carried-in-env' }],
  ['command line', ['carried-in-args'], {}],
] as const) {
  test(`a process that carries a string in its ${carried} is found until it is gone`, async () => {
    const cookie = env && 'COOKIE' in env ? env.COOKIE : 'carried-in-args';
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', ...args], { env, stdio: 'pipe' });
    const found = await until('the process is listed', () => survivors(cookie)[0]);
    assert.deepEqual([found.pid, found.ppid], [child.pid, process.pid]);
    await assert.rejects(
      assertNoneLeft(cookie, 20),
      new RegExp(`pid ${child.pid} \\(parent ${process.pid}\\): `),
    );
    child.stdin.end();
    await once(child, 'exit');
    await assertNoneLeft(cookie);
  });
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { describeProcesses } from '../../scripts/process/describe.ts';
import { identify } from '../../scripts/process/identity.ts';
import { until } from '../support/wait.ts';

/** A node that works without pause, until the end of the test. */
function busy(): { pid: number } & AsyncDisposable {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('people are told what a process is called and takes, and nothing of another one that has its pid', async () => {
  await using worker = busy();
  const { pid, start } = identify(worker.pid) ?? assert.fail();
  const told = await until('it has been seen at work', async () => {
    const [one] = await describeProcesses([{ pid, start }]);
    return one && one.cpu > 0 && one;
  });
  const { cpu, memory, ...rest } = told;
  assert.deepEqual(rest, { pid, start, name: 'node' });
  assert.ok(cpu > 0 && memory >= 0, `${cpu} %, ${memory} %`);
  assert.deepEqual(await describeProcesses([{ pid, start: '1' }]), []);
  assert.deepEqual(await describeProcesses([{ pid: 2 ** 22 + 1, start }]), []);
});

test('where there is no ps, that is what the refusal says', async () => {
  const { PATH } = process.env;
  process.env.PATH = '/nowhere';
  try {
    await assert.rejects(describeProcesses([]), {
      code: 'unsupported-platform',
      message: /how much processor and memory a process takes: there is no ps/,
    });
  } finally {
    process.env.PATH = PATH;
  }
});

/** What run-job.sh does where a tool, node or /proc is not there, and what it makes of the caller's shell settings. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Bench, fieldsOfStat, missing, type Shell, shells } from '../../support/shells.ts';

const sleeping = ['sleep', '60'];

for (const shell of shells) {
  describe(`run-job.sh on a poor system, in ${shell.name}`, { skip: missing(shell) }, () => {
    test('with its node gone it takes the one on PATH, and without any the record is there all the same', async () => {
      await using bench = new Bench(shell);
      const finish = bench.write('finish', 'echo finished');
      const tools = bench.tools('ln', 'mv', 'rm', 'setsid', 'sleep');
      const without = bench.run(['sleep', '0'], {
        node: '/nowhere/node',
        finish,
        env: { PATH: tools },
        constants: { tools },
      });
      assert.deepEqual(await without.exit(), { status: '0', 'ended-by': 'exit' });
      assert.equal(existsSync(join(without.folder, 'finish.log')), false);
      symlinkSync('/bin/sh', join(tools, 'node'));
      const found = bench.run(['sleep', '0'], {
        node: '/nowhere/node',
        finish,
        env: { PATH: tools },
        constants: { tools },
      });
      assert.deepEqual(await found.exit(), { status: '0', 'ended-by': 'exit' });
      assert.equal(readFileSync(join(found.folder, 'finish.log'), 'utf8'), 'finished\n');
    });

    test('without /proc and setsid it tells start times by ps and makes the session by perl', async () => {
      await using bench = new Bench(shell);
      const tools = bench.tools('ln', 'mv', 'rm', 'ps', 'perl', 'sleep');
      const job = bench.run(sleeping, { env: { PATH: tools }, constants: { tools, proc: '/nowhere' } });
      const pid = await job.commandPid();
      assert.deepEqual(job.lines('claim'), {
        kind: 'worker',
        pid: String(job.pid),
        start: startByPs(job.pid),
      });
      assert.deepEqual(job.lines('command'), { pid: String(pid), start: startByPs(pid) });
      assert.deepEqual(fieldsOfStat(pid).slice(2, 4), [String(pid), String(pid)]);
      assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^SigIgn:\s0+$/m);
      process.kill(-pid, 'SIGTERM');
      assert.deepEqual(await job.exit(), { status: '143', 'ended-by': 'exit', signal: 'TERM' });
    });

    test('without setsid and perl the command shares the wrapper’s group, and its end is recorded', async () => {
      await using bench = new Bench(shell);
      const tools = bench.tools('ln', 'mv', 'rm', 'sleep');
      const job = bench.run(sleeping, { env: { PATH: tools }, constants: { tools } });
      const pid = await job.commandPid();
      assert.equal(fieldsOfStat(pid)[2], String(job.pid));
      process.kill(-job.pid, 'SIGTERM');
      assert.deepEqual(await job.exit(), { status: '143', 'ended-by': 'exit', signal: 'TERM' });
    });
  });
}

const bash: Shell = { name: 'bash', program: 'bash', asSh: true };

test('bash keeps names that sh cannot hold, and obeys no function or option of the caller', {
  skip: missing(bash),
}, async () => {
  await using bench = new Bench(bash);
  const env = {
    'a.b': '1',
    'BASH_FUNC_printf%%': '() { echo hijacked; }',
    BASH_ENV: bench.write('trap', 'echo sourced; exit 9'),
    SHELLOPTS: 'errexit:noglob',
  };
  const job = bench.run(['env'], { env });
  assert.deepEqual(await job.exit(), { status: '0', 'ended-by': 'exit' });
  assert.match(job.output(), /^a\.b=1$/m);
  assert.match(job.output(), /^BASH_FUNC_printf%%=\(\) \{ +echo hijacked/m);
  assert.doesNotMatch(job.output(), /^sourced|noglob|privileged/m);
});

function startByPs(pid: number): string {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC0' };
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env })
    .trim()
    .split(/\s+/)
    .join(' ');
}

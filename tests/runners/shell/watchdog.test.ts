/** Limits of a shell command, kept by sh alone. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LIMIT_NAMES, meaningOf } from '../../../scripts/domain/job/limits.ts';
import { survivors } from '../../support/leaks.ts';
import { Bench, fieldsOfStat, missing, shells } from '../../support/shells.ts';
import { until } from '../../support/wait.ts';

const ignoresTerm = 'trap "" TERM; for i in 1 2 3; do echo $i; sleep 0.6; done; while :; do sleep 0.5; done';

test('the watchdog knows each limit that the shell runner keeps, and no other', () => {
  const sh = readFileSync(join(import.meta.dirname, '../../../scripts/runners/shell/watchdog.sh'), 'utf8');
  const body = /^look_at\(\) \{\n([\s\S]*?)^\}/m.exec(sh)?.[1] ?? assert.fail('look_at');
  const known = [...body.matchAll(/^ {4}([a-z-]+)\)/gm)].map(([, limit]) => limit);
  const kept = LIMIT_NAMES.filter((limit) => meaningOf(limit, 'shell') !== null);
  assert.deepEqual(known.sort(), kept.sort());
});

// At once, because they mostly wait.
describe('the limits', { concurrency: true }, () => {
  for (const shell of shells) {
    describe(`in ${shell.name}`, { skip: missing(shell), concurrency: true }, () => {
      test('a deadline ends the command’s whole group, and the record says so', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sh', '-c', 'sleep 61 & exec sleep 60'], { deadline: 1 });
        assert.deepEqual(await job.exit(), {
          status: '143',
          'ended-by': 'exit',
          signal: 'TERM',
          limit: 'deadline',
        });
        assert.deepEqual(job.lines('stop'), { kind: 'limit', limit: 'deadline' });
        assert.equal(job.output(), '');
      });

      test('a command that ends by itself as its limit is reached was not stopped by it', async () => {
        await using bench = new Bench(shell);
        const tools = bench.directory('tools');
        const go = join(bench.workspace, 'go');
        // The request to stop is put in its place by ln: here that takes until the command has ended.
        const ln = `#!/bin/sh
pid() { . "\${2%/stop}/command"; }
case $2 in */stop) echo >${go}; pid "$@"; while [ -e "/proc/$pid" ]; do sleep 0.05; done ;; esac
exec /bin/ln "$@"
`;
        writeFileSync(join(tools, 'ln'), ln, { mode: 0o755 });
        const constants = { tools: `${tools}:/usr/bin:/bin` };
        const job = bench.run(['sh', '-c', 'until [ -e go ]; do sleep 0.05; done'], {
          ...{ deadline: 1, constants },
        });
        assert.deepEqual(await job.exit(), { status: '0', 'ended-by': 'exit' });
        assert.equal(job.lines('stop'), undefined);
      });

      test('a command without new output is stopped, with KILL after the grace where it ignores TERM', async () => {
        await using bench = new Bench(shell);
        const started = performance.now();
        const job = bench.run(['sh', '-c', ignoresTerm], {
          stall: 4,
          deadline: 60,
          env: { BLOCK_SIZE: 'human-readable' },
        });
        assert.deepEqual(await job.exit(), {
          status: '137',
          'ended-by': 'exit',
          signal: 'KILL',
          limit: 'stall',
        });
        assert.deepEqual(job.lines('stop'), { kind: 'limit', limit: 'stall' });
        assert.equal(job.output(), '1\n2\n3\n');
        // Output for 1.2 s, silence for 4, the grace of 5; never earlier.
        assert.ok(performance.now() - started > 10_000);
      });

      test('a command that keeps writing outlives its stall limit', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.6; done'], {
          stall: 4,
        });
        assert.deepEqual(await job.exit(), { status: '0', 'ended-by': 'exit' });
        assert.equal(job.lines('stop'), undefined);
      });

      test('a distant limit leaves no process when the command has ended', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sh', '-c', 'exit 5'], { deadline: 3600, stall: 600 });
        assert.deepEqual(await job.exit(), { status: '5', 'ended-by': 'exit' });
        assert.deepEqual(survivors(bench.cookie), []);
      });

      test('a paused watchdog does not delay the end', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sleep', '60'], { deadline: 3600 });
        const pid = await job.commandPid();
        const watchdog = await until('the watchdog naps', () =>
          survivors(bench.cookie).find(
            ({ command }) => /sleep \d+$/.test(command) && !command.endsWith('sleep 60'),
          ),
        );
        process.kill(watchdog.ppid, 'SIGSTOP');
        await until('it is paused', () => fieldsOfStat(watchdog.ppid)[0] === 'T');
        process.kill(pid, 'SIGTERM');
        assert.deepEqual(await job.exit(), { status: '143', 'ended-by': 'exit', signal: 'TERM' });
      });

      test('a deadline holds when the wrapper was killed', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sleep', '60'], { deadline: 20 });
        await job.commandPid();
        process.kill(job.pid, 'SIGKILL');
        await until('the command is gone', () =>
          survivors(bench.cookie).every(({ command }) => command !== 'sleep 60'),
        );
        assert.deepEqual(job.lines('stop'), { kind: 'limit', limit: 'deadline' });
        // What is left is the watchdog in its grace.
        await until('the watchdog has gone', () => survivors(bench.cookie).length === 0);
      });

      test('who asked for a stop before the limit is not overwritten', async () => {
        await using bench = new Bench(shell);
        const folder = bench.newJobFolder();
        writeFileSync(join(folder, 'stop'), 'kind=cancel\n');
        const job = bench.runIn(folder, ['sleep', '60'], { deadline: 1 });
        assert.deepEqual(await job.exit(), { status: '143', 'ended-by': 'exit', signal: 'TERM' });
        assert.deepEqual(job.lines('stop'), { kind: 'cancel' });
      });

      test('a command that has written more than it may is stopped', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sh', '-c', 'while :; do echo 0123456789; sleep 0.02; done'], {
          outputLimit: 100,
        });
        assert.deepEqual(await job.exit(), {
          status: '143',
          'ended-by': 'exit',
          signal: 'TERM',
          limit: 'output',
        });
        assert.deepEqual(job.lines('stop'), { kind: 'limit', limit: 'output' });
        assert.ok(job.output().length > 100);
      });

      test('what a command has written counts, also where it empties its log', async () => {
        await using bench = new Bench(shell);
        // Never more than 300 bytes at a time.
        const text =
          'while :; do i=0; while [ $i -lt 25 ]; do echo 0123456789; sleep 0.1; i=$((i + 1)); done; : >"$0/output.log"; done';
        const folder = bench.newJobFolder();
        const job = bench.runIn(folder, ['sh', '-c', text, folder], { outputLimit: 500, deadline: 60 });
        assert.equal((await job.exit())?.limit, 'output');
      });

      test('whom we have paused is not expected to write, and a deadline reaches him all the same', async () => {
        await using bench = new Bench(shell);
        const folder = bench.newJobFolder();
        writeFileSync(join(folder, 'paused'), '{}');
        const job = bench.runIn(folder, ['sh', '-c', 'kill -STOP $$; sleep 60'], { stall: 2, deadline: 6 });
        assert.equal((await job.exit())?.limit, 'deadline');
      });

      test('a command that has stopped itself is silent like any other', async () => {
        await using bench = new Bench(shell);
        const job = bench.run(['sh', '-c', 'kill -STOP $$; sleep 60'], { stall: 2, deadline: 60 });
        assert.equal((await job.exit())?.limit, 'stall');
      });

      test('what the finish step has named is watched until it is gone, then it is asked again', async () => {
        await using bench = new Bench(shell);
        const finish = bench.write(
          'finish',
          `cd "$CODEX_COMPANION_JOB_DIRECTORY"
          echo asked >>asked
          if [ -e left ]; then
            case $(cat "/proc/$(cat pid)/stat") in '' | *') Z '*) ;; *) echo 'too early' >>asked ;; esac
            exit 0
          fi
          read -r pid <pid
          read -r line </proc/$pid/stat
          set -- \${line##*) }
          shift 19
          printf 'count=1\\npid=%s\\nstart=%s\\n' "$pid" "$1" >left
          exit 75`,
        );
        const text = 'sleep 3 >/dev/null 2>&1 & echo $! >"$0/pid"; exit 6';
        const folder = bench.newJobFolder();
        const job = bench.runIn(folder, ['sh', '-c', text, folder], { leftovers: 'wait', finish });
        assert.deepEqual(await job.exit(), { status: '6', 'ended-by': 'exit' });
        assert.equal(readFileSync(join(folder, 'asked'), 'utf8'), 'asked\nasked\n');
      });

      test('the limits hold without /proc, setsid and perl', async () => {
        await using bench = new Bench(shell);
        const tools = bench.tools('ln', 'mv', 'rm', 'ps', 'ls', 'sleep');
        const options = { stall: 2, env: { PATH: tools }, constants: { tools, proc: '/nowhere' } };
        const job = bench.run(['sleep', '60'], options);
        assert.deepEqual(await job.exit(), {
          status: '143',
          'ended-by': 'exit',
          signal: 'TERM',
          limit: 'stall',
        });
      });
    });
  }
});

/** The sh wrapper around a shell command, on real processes, in every shell that we promise. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { long } from '../../support/long.ts';
import { Bench, fieldsOfStat, missing, type Shell, shells } from '../../support/shells.ts';
import { until } from '../../support/wait.ts';

const sleeping = ['sleep', '60'];

for (const shell of shells) {
  describe(`run-job.sh in ${shell.name}`, { skip: missing(shell) }, () => {
    test('every exit status is recorded as it was, and told from a signal', async () => {
      await using bench = new Bench(shell);
      const all = Array.from({ length: 256 }, (_, status) => status);
      const some = [0, 1, 2, 3, 64, 125, 126, 127, 128, 129, 130, 137, 143, 145, 192, 193, 254, 255];
      const script = bench.script();
      for (const status of long ? all : some) {
        const job = bench.run(['sh', '-c', `exit ${status}`], { script });
        const told = status > 128 && !silent(shell).includes(status - 128) ? { signal: 'none' } : {};
        assert.deepEqual(await job.exit(), { status: String(status), 'ended-by': 'exit', ...told });
      }
    });

    test('a signal n that ends the command is recorded as 128 + n and by its name, with nothing added to its output', async () => {
      await using bench = new Bench(shell);
      const some = ['HUP', 'INT', 'QUIT', 'KILL', 'SEGV', 'PIPE', 'TERM'].map(numberOf);
      const all = Array.from({ length: 64 }, (_, index) => index + 1).filter((number) => !endsNobody(number));
      const script = bench.script();
      for (const number of long ? all : some) {
        const job = bench.run(['sh', '-c', 'ulimit -c 0; echo ready; exec sleep 60'], { script });
        // By the tool, which also knows 32 to 64.
        execFileSync('kill', [`-${number}`, String(await job.commandPid())]);
        const exit = await job.exit();
        const { signal, ...rest } = exit ?? {};
        assert.deepEqual(rest, { status: String(128 + number), 'ended-by': 'exit' });
        const names = Object.keys(constants.signals).filter((name) => numberOf(name.slice(3)) === number);
        if (names.includes('SIGINT') || names.includes('SIGPIPE')) assert.equal(signal, undefined);
        else if (names.length > 0)
          assert.ok([...names, `SIG${number}`].includes(`SIG${signal}`), `${names}: ${signal}`);
        else if (!silent(shell).includes(number))
          assert.match(signal ?? '', /^(RTM(IN|AX).*|3[2-9]|[456]\d)$/);
        assert.equal(job.output(), 'ready\n');
      }
    });

    test('a shell that exits as if by a signal is told from one that a signal ended', async () => {
      await using bench = new Bench(shell);
      const child = bench.run(['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?']);
      assert.deepEqual(await child.exit(), { status: '137', 'ended-by': 'exit', signal: 'none' });
    });

    test('what the kernel killed for lack of memory in the same control group meanwhile is counted', async () => {
      await using bench = new Bench(shell);
      const groups = bench.directory('groups/some:place');
      const proc = bench.directory('proc/self');
      writeFileSync(join(proc, 'cgroup'), '3:cpu,cpuacct:/\n0::/some:place\n');
      const events = join(groups, 'memory.events');
      writeFileSync(events, 'low 0\noom 3\noom_kill 3\noom_group_kill 0\n');
      const places = { cgroups: join(bench.folder, 'groups'), proc: join(bench.folder, 'proc') };
      const kill = `printf 'oom 5\\noom_kill 5\\n' >'${events}'; kill -9 $$`;
      const killed = await bench.run(['sh', '-c', kill], { constants: places }).exit();
      assert.deepEqual(killed, { status: '137', 'ended-by': 'exit', signal: 'KILL', 'oom-kills': '2' });
      const other = await bench.run(['sh', '-c', 'kill -9 $$'], { constants: places }).exit();
      assert.equal(other?.['oom-kills'], undefined);
    });

    test('a command that cannot be started is told apart from one that exits 126 or 127', async () => {
      await using bench = new Bench(shell);
      const text = bench.write('not executable', 'echo no');
      const noInterpreter = bench.write('no-interpreter', '#!/nowhere/interpreter\n');
      execFileSync('chmod', ['755', noInterpreter]);
      const errors: [string, string][] = [
        ['ccj-no-such-command', 'not-found'],
        ['/nowhere/command', 'not-found'],
        ['', 'not-found'],
        ['two\nlines', 'not-found'],
        [text, 'not-executable'],
        [bench.folder, 'not-executable'],
        [noInterpreter, 'not-executable'],
      ];
      for (const [command, error] of errors) {
        const exit = await bench.run([command, 'argument']).exit();
        assert.deepEqual(Object.keys(exit ?? {}), ['error', 'message'], command);
        assert.equal(exit?.error, error, command);
        assert.ok(exit?.message?.includes(command.replace('\n', ' ')), exit?.message);
      }
    });

    test('a missing working directory is an error of its own', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(['sh', '-c', 'echo no'], { cwd: '/nowhere/at all' });
      assert.deepEqual(await job.exit(), {
        error: 'no-cwd',
        message: 'The working directory /nowhere/at all is not there.',
      });
      assert.equal(job.output(), '');
    });

    test('the command has its working directory, the caller’s environment and its umask', async () => {
      await using bench = new Bench(shell);
      const names = readFileSync(bench.script(), 'utf8').matchAll(/\b([A-Za-z]\w*)=/g);
      const given: Record<string, string> = { OLDPWD: '/usr', NODE_OPTIONS: '--no-warnings' };
      for (const [, name = ''] of names)
        if (!/^(PWD|OLDPWD|TZ|LC_ALL|CODEX_COMPANION_JOB_DIRECTORY)$/.test(name) && !/^ccj_/.test(name))
          given[name] = 'mine';
      const job = bench.run(['sh', '-c', 'umask; pwd; cat /proc/$$/environ'], { env: given, umask: '027' });
      await job.exit();
      const [umask, cwd, environment = ''] = job.output().split('\n');
      assert.deepEqual([umask, cwd], ['0027', bench.workspace]);
      const seen = Object.fromEntries(
        environment
          .split('\0')
          .filter(Boolean)
          .map((line) => line.split(/=(.*)/s, 2)),
      );
      for (const name of ['PATH', 'BENCH', 'CODEX_COMPANION_JOB', '_', 'SHLVL']) delete seen[name];
      assert.deepEqual(seen, { ...given, PWD: bench.workspace });
    });

    test('the command leads its own session, with default signals and three descriptors', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(sleeping);
      const pid = await job.commandPid();
      const log = join(job.folder, 'output.log');
      await until('it has these descriptors', () =>
        isDeepStrictEqual(descriptors(pid), ['/dev/null', log, log]),
      );
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const mask of ['SigBlk', 'SigIgn', 'SigCgt'])
        assert.match(status, new RegExp(`^${mask}:\\s0+$`, 'm'));
      const [, parent, group, session] = fieldsOfStat(pid);
      assert.deepEqual([parent, group, session], [String(job.pid), String(pid), String(pid)]);
      assert.equal(readlinkSync(`/proc/${job.pid}/cwd`), '/');
      assert.deepEqual(job.lines('claim'), {
        kind: 'worker',
        pid: String(job.pid),
        start: fieldsOfStat(job.pid)[19],
      });
      assert.deepEqual(job.lines('command'), { pid: String(pid), start: fieldsOfStat(pid)[19] });
      process.kill(pid, 'SIGKILL');
      await job.ended;
    });

    test('KILL to the command’s group leaves the record', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(['sh', '-c', 'sleep 60 & sleep 60 & exec sleep 60']);
      process.kill(-(await job.commandPid()), 'SIGKILL');
      assert.deepEqual(await job.exit(), { status: '137', 'ended-by': 'exit', signal: 'KILL' });
      assert.equal(job.output(), '');
    });

    test('the wrapper outlives TERM, HUP and INT, and a command that is paused', async () => {
      await using bench = new Bench(shell);
      execFileSync('mkfifo', [join(bench.folder, 'go')]);
      const job = bench.run(['sh', '-c', 'echo $$ >pid; read -r line <go; exit 7'], { cwd: bench.folder });
      const pid = Number(
        await until('the command runs', () => readFileSync(join(bench.folder, 'pid'), 'utf8').trim()),
      );
      for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.kill(-job.pid, signal);
      process.kill(pid, 'SIGSTOP');
      await until('the command is paused', () => fieldsOfStat(pid)[0] === 'T');
      process.kill(pid, 'SIGCONT');
      writeFileSync(join(bench.folder, 'go'), 'on\n');
      assert.deepEqual(await job.exit(), { status: '7', 'ended-by': 'exit' });
    });

    test('the command goes on when the wrapper is killed, and no end is claimed', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(sleeping);
      const pid = await job.commandPid();
      process.kill(-job.pid, 'SIGKILL');
      await job.ended;
      assert.notEqual(fieldsOfStat(pid)[0], 'Z');
      process.kill(pid, 'SIGKILL');
      assert.equal(job.lines('exit'), undefined);
    });

    test('a job that was claimed before starts nothing', async () => {
      await using bench = new Bench(shell);
      const folder = bench.newJobFolder();
      writeFileSync(join(folder, 'claim'), 'kind=cancelled\n');
      const job = bench.runIn(folder, ['touch', 'started'], { cwd: folder });
      assert.equal(await job.ended, 0);
      assert.deepEqual(readdirSync(folder), ['claim', 'output.log', 'wrapper']);
      assert.deepEqual(job.lines('claim'), { kind: 'cancelled' });
    });

    test('of eight wrappers of one job exactly one runs it', async () => {
      await using bench = new Bench(shell);
      const folder = bench.newJobFolder();
      const jobs = Array.from({ length: 8 }, () => bench.runIn(folder, ['echo', 'once']));
      assert.deepEqual(await Promise.all(jobs.map((job) => job.ended)), Array(8).fill(0));
      assert.equal(jobs[0]?.output(), 'once\n');
      assert.ok(jobs.some((job) => String(job.pid) === job.lines('claim')?.pid));
      assert.deepEqual(
        readdirSync(folder).sort(),
        ['claim', 'command', 'exit', 'finish.log', 'output.log', 'wrapper'].filter((name) =>
          existsSync(join(folder, name)),
        ),
      );
    });

    test('under umask 000 every file is for its owner only', async () => {
      await using bench = new Bench(shell);
      const job = bench.run(['true'], { umask: '000', finish: bench.write('finish', 'echo talk') });
      await job.ended;
      for (const name of ['claim', 'command', 'exit', 'finish.log', 'output.log'])
        assert.equal(statSync(join(job.folder, name)).mode & 0o777, 0o600, name);
    });

    test('the finish step follows the record, outside of the job', async () => {
      await using bench = new Bench(shell);
      const finish = bench.write(
        'finish',
        `job=$CODEX_COMPANION_JOB_DIRECTORY
        unset CODEX_COMPANION_JOB_DIRECTORY
        cat "$job/exit"; echo "$1 [$2] [$job] $$"; pwd; env; ls -l /proc/$$/fd`,
      );
      const job = bench.run(['sh', '-c', 'exit 3'], {
        finish,
        env: { NODE_OPTIONS: '--require ./setup.js' },
      });
      assert.equal(await job.ended, 0);
      const talk = readFileSync(join(job.folder, 'finish.log'), 'utf8');
      assert.match(talk, /^status=3\nended-by=exit\n/);
      assert.ok(talk.includes(`\nfinish [${basename(job.folder)}] [${job.folder}] ${job.pid}\n/\n`), talk);
      assert.doesNotMatch(talk, /output\.log|CODEX_COMPANION_JOB|NODE_OPTIONS/);
      assert.equal(job.output(), '');
    });
  });
}

function numberOf(name: string): number {
  return constants.signals[`SIG${name}` as NodeJS.Signals];
}

function endsNobody(number: number): boolean {
  return ['CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'WINCH'].map(numberOf).includes(number);
}

/** Signals of whose victims the shell says nothing, or which it cannot try: status 128 + n is then told as two things. */
function silent({ program }: Shell): number[] {
  const never = ['INT', 'PIPE'].map(numberOf);
  if (program === 'dash') return never;
  return [...never, numberOf('QUIT'), ...(program === 'bash' ? [32, 33] : [])];
}

/** What the descriptors below 10 are; dash cannot close those above, which the test itself may have been given. */
function descriptors(pid: number): string[] {
  const fds = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) < 10);
  return fds.map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/**
 * Runs as root in mount and pid namespaces of its own (tests/stories/processes/scope.test.ts), where it may pretend that the machine
 * was booted with systemd: starts the user's systemd in the control groups that it is given, then jobs in scopes. Prints
 * what it saw as JSON.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf } from '../../../scripts/process/command-line.ts';
import { readStat } from '../../../scripts/process/identity.ts';
import { processTable } from '../../../scripts/process/table.ts';
import { until } from '../wait.ts';

const [companion = '', ...groups] = process.argv.slice(2);
const runtime = '/run/user/0';
execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
// What sd_booted(3) looks for.
for (const directory of ['/run/systemd/system', runtime])
  mkdirSync(directory, { recursive: true, mode: 0o700 });
for (const group of groups) writeFileSync(join(group, 'cgroup.procs'), String(process.pid));
const env = { ...process.env, XDG_RUNTIME_DIR: runtime };

const systemd = spawn('/lib/systemd/systemd', ['--user', '--unit=basic.target'], { env, stdio: 'ignore' });
await until('systemd answers', () => existsSync(join(runtime, 'systemd', 'private')));

function cli(...args: string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [companion, ...args], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout };
}

const sleeper = () =>
  [...processTable().values()].find(({ pid }) => commandLineOf(pid) === '/bin/sleep 7777');
const hidden = '(env -i /usr/bin/setsid /bin/sleep 7777 </dev/null >/dev/null 2>&1 &); sleep 901';
const { jobId } = JSON.parse(
  cli('run', '--on', 'scope', '--background', '--json', '--', 'sh', '-c', hidden).stdout,
);
const born = await until(
  'the hidden one has shed all',
  () => {
    const found = sleeper();
    return found?.session === found?.pid && found;
  },
  30_000,
);
const group = readFileSync(`/proc/${born.pid}/cgroup`, 'utf8');
const cancelled = cli('cancel', jobId, '--json');
const exit = cli('run', '--scope', '--', 'sh', '-c', 'exit 5').status;

systemd.kill('SIGKILL');
await until('systemd is gone', () => systemd.signalCode !== null);
const without = cli('run', '--on', 'scope', '--background', '--json', '--', 'true');

writeFileSync(
  1,
  `${JSON.stringify({
    inScope: group.includes(`codex-companion-${jobId}.scope`),
    cancelled: cancelled.status,
    stopped: JSON.parse(cancelled.stdout).stopped.map(({ command }: { command: string }) => command),
    dead: readStat(born.pid)?.start !== born.start,
    exit,
    without: { status: without.status, ...JSON.parse(without.stdout).error },
    jobs: JSON.parse(cli('status', '--all', '--json').stdout).running.length,
  })}\n`,
);

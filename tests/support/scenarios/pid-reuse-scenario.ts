/**
 * Runs as a child of pid 1 in a pid namespace of its own (tests/stories/processes/pid-reuse.test.ts): gives the pids of a job's
 * killed processes to innocents, then lets every verb, hook and sweep have a go. Prints what it saw as JSON.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../wait.ts';
import { spawnWithPid } from './chosen-pid.ts';

const [companion = '', hook = ''] = process.argv.slice(2);
const session = 'reused-session';
const env = { ...process.env, CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: session };

function cli(...args: string[]): string {
  const options = { env, encoding: 'utf8', timeout: 30_000 } as const;
  const { stdout, stderr } = spawnSync(process.execPath, [companion, ...args], options);
  return `${stdout}${stderr}`;
}

function fieldsOf(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]));
}

function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function innocentWithPid(pid: number): boolean {
  return spawnWithPid(pid, ['sleep', '1000']) !== undefined;
}

const { jobId } = JSON.parse(cli('run', '--background', '--json', '--', 'sleep', '300'));
const workspaces = join(process.env.CODEX_COMPANION_HOME ?? '', 'workspaces');
const directory = join(workspaces, readdirSync(workspaces)[0] ?? '', 'jobs', jobId);
const command = await until('the command runs', () => fieldsOf(join(directory, 'command')));
const claim = fieldsOf(join(directory, 'claim'));
const pids = [Number(command.pid), Number(claim.pid)];
for (const pid of [...pids].reverse()) process.kill(pid, 'SIGKILL');
await until('both are gone', () => pids.every((pid) => !alive(pid)));

const reused = pids.map((pid) => innocentWithPid(pid));
const status = cli('status', jobId, '--json');
const verbs = ['cancel', 'result', 'logs', 'wait'].map((verb) => cli(verb, jobId));
cli('sweep');
for (const event of ['SessionStart', 'SessionEnd']) {
  spawnSync('sh', [hook, 'claude-code', event], {
    env,
    input: JSON.stringify({ session_id: session, reason: 'other' }),
  });
}
// What a hook leaves to a detached sweep is over once that process is gone.
await until('no sweep runs', () => !cli('status', '--json').includes('"running":[{'));
const survivors = pids.map((pid) => alive(pid));
for (const pid of pids) if (alive(pid)) process.kill(pid, 'SIGKILL');

writeFileSync(
  1,
  `${JSON.stringify({ reused, survivors, outcome: JSON.parse(status).job.outcome.ending, verbs })}\n`,
);

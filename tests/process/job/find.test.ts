import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandLineOf } from '../../../scripts/process/command-line.ts';
import { identify, ownIdentity } from '../../../scripts/process/identity.ts';
import { findJobProcesses, type JobTrace } from '../../../scripts/process/job/find.ts';
import { openJobLog } from '../../../scripts/process/log-mark.ts';
import { processTable } from '../../../scripts/process/table.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/wait.ts';

const JOB = 'run-thisjob1-aaaaaaaa';
const OTHER = 'run-otherjob-bbbbbbbb';
const skip = process.platform === 'linux' ? false : 'reads /proc';

/** What is started here carries the test run's own environment, and ends with the test. */
class Troop implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];

  start(text: string, options: { cookie?: string; log?: number } = {}): number {
    const { CODEX_COMPANION_JOB: _, ...plain } = process.env;
    const env = options.cookie === undefined ? plain : { ...plain, CODEX_COMPANION_JOB: options.cookie };
    const stdio = ['ignore', options.log ?? 'ignore', 'ignore'] as const;
    const child = spawn('sh', ['-c', text], { env, stdio: [...stdio], detached: true });
    this.#children.push(child);
    return child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      // Each leads a group of its own.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await gone;
    }
  }
}

const trace = (extra: Partial<JobTrace> = {}): JobTrace => ({
  jobId: JOB,
  leader: null,
  spared: null,
  log: null,
  ...extra,
});
const commandsOf = (it: JobTrace) =>
  findJobProcesses(it)
    .map(({ command }) => command)
    .sort();

test('a process of another job, or of ours that serves no single one, is none of the job’s, though it descends from it', {
  skip,
}, async () => {
  await using troop = new Troop();
  troop.start(
    `sleep 811 & CODEX_COMPANION_JOB=${OTHER} sleep 812 & env -u CODEX_COMPANION_JOB CODEX_COMPANION_SHARED=1 sleep 813 & exec sleep 810`,
    { cookie: JOB },
  );
  await until('all four sleep', () => [0, 1, 2, 3].every((number) => isThere(`sleep 81${number}`)));
  assert.deepEqual(commandsOf(trace()), ['sleep 810', 'sleep 811']);
  assert.deepEqual(commandsOf(trace({ jobId: OTHER })), ['sleep 812']);
});

test('who reads the log, or has opened it to write, is innocent; who inherited it is not', {
  skip,
}, async () => {
  using folder = scratch();
  await using troop = new Troop();
  const log = join(folder.path, 'output.log');
  const fd = openJobLog(log);
  writeFileSync(log, 'a line\n');
  const spared = { ...ownIdentity(), pid: 2 ** 22 + 1 };
  for (const [number, how] of ['<', '>>', '<>', '>'].entries())
    troop.start(`exec 9${how}'${log}'; exec sleep 82${number}`);
  troop.start('exec sleep 825', { log: fd });
  // By another path, and under another number.
  troop.start(`exec 7>&1 >/dev/null; exec sleep 826`, { log: fd });
  closeSync(fd);
  await until('all six sleep', () => [0, 1, 2, 3, 5, 6].every((number) => isThere(`sleep 82${number}`)));
  assert.deepEqual(commandsOf(trace({ log, spared })), ['sleep 825', 'sleep 826']);
  assert.deepEqual(
    commandsOf(trace({ log })),
    [],
    'without a start to compare with nobody is taken for younger',
  );
});

test('a leader’s group and session count while it lives', { skip }, async () => {
  using folder = scratch();
  await using troop = new Troop();
  const pid = troop.start('(setsid sleep 833 &) ; sleep 831 & exec sleep 830');
  const leader = await until(
    'it sleeps',
    () => isThere('sleep 830') && isThere('sleep 833') && identify(pid),
  );
  const log = join(folder.path, 'none');
  assert.deepEqual(commandsOf(trace({ leader, log })), ['sleep 830', 'sleep 831']);
  assert.deepEqual(commandsOf(trace({ leader: { ...leader, start: '1' }, log })), []);
  const stray = pidOf('sleep 833');
  process.kill(stray, 'SIGKILL');
  await until('the stray one is gone', () => !isThere('sleep 833'));
});

function isThere(command: string): boolean {
  return pidOf(command) !== 0;
}

function pidOf(command: string): number {
  return [...processTable().keys()].find((pid) => commandLineOf(pid) === command) ?? 0;
}

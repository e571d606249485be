import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { quantile } from './measure.ts';
import { companionOf } from './programs.ts';
import type { Figure } from './table.ts';

const ROUNDS = 200;
/** Each job ends at a moment of its own: the waiters shall not compete for a processor. */
const SECONDS = [0.7, 0.9, 1.1];

interface Waiter {
  name: string;
  /** starts the job and returns the command that waits for it */
  start(job: string[]): string[];
  /** ends what it keeps running */
  end(): void;
  times: number[];
}

/**
 * From the last instruction of a job to the exit of the command that waits for it, beside Debian's task-spooler (`tsp -w`)
 * and nq (`nq -w`), where they are installed. All wait for the same kind of job, in turn, so that a drift of the machine
 * hits all of them.
 */
export async function wait(): Promise<Figure[]> {
  await using world = await aWorkspace();
  const folder = join(world.folder, 'others');
  mkdirSync(folder);
  Object.assign(world.env, { TS_SOCKET: join(folder, 'ts'), NQDIR: folder });
  const waiters = [ours(world), ...taskSpooler(world), ...nq(world)];
  for (let round = 0; round < ROUNDS; round++) {
    const turns = waiters.map((_, index) => SECONDS[(round + index) % SECONDS.length] ?? 1);
    await Promise.all(waiters.map((waiter, index) => measure(world, waiter, turns[index] ?? 1, folder)));
  }
  for (const waiter of waiters) waiter.end();
  return waiters.map(figureOf);
}

async function measure(world: World, waiter: Waiter, seconds: number, folder: string): Promise<void> {
  const stamp = join(folder, `stamp-${seconds}`);
  const [command = '', ...args] = waiter.start(['sh', '-c', `sleep ${seconds}; date +%s%N > ${stamp}`]);
  const waiting = spawn(command, args, { cwd: world.workspace, env: world.env, stdio: 'ignore' });
  await new Promise((resolve) => waiting.on('exit', resolve));
  const now = performance.timeOrigin + performance.now();
  waiter.times.push(now - Number(readFileSync(stamp, 'utf8')) / 1e6);
}

function figureOf({ name, times }: Waiter): Figure {
  const at = (share: number) => quantile(times, share).toFixed(1);
  return {
    what: `last instruction of the job → ${name} has exited`,
    figure: `${at(0.5)} ms`,
    detail: `p99 ${at(0.99)} ms; ${at(0)}–${at(1)}; n=${times.length}`,
  };
}

function ours(world: World): Waiter {
  const companion = [process.execPath, companionOf(world)];
  return {
    name: '`codex-companion wait`',
    times: [],
    start: (job) => {
      const answer = said(world, [...companion, 'run', '--background', '--json', '--', ...job]);
      return [...companion, 'wait', (JSON.parse(answer) as { jobId: string }).jobId];
    },
    end: () => {},
  };
}

function taskSpooler(world: World): Waiter[] {
  if (!isThere(world, 'tsp', 'task-spooler')) return [];
  return [
    {
      name: '`tsp -w` (task-spooler)',
      times: [],
      start: (job) => ['tsp', '-w', said(world, ['tsp', ...job]).trim()],
      end: () => void said(world, ['tsp', '-K']),
    },
  ];
}

function nq(world: World): Waiter[] {
  if (!isThere(world, 'nq', 'nq')) return [];
  return [
    {
      name: '`nq -w` (nq)',
      times: [],
      start: (job) => ['nq', '-w', said(world, ['nq', ...job]).trim()],
      end: () => {},
    },
  ];
}

function isThere(world: World, program: string, debianPackage: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { env: world.env }).status === 0;
  if (!found)
    console.error(`${program} is not installed, so it is left out: apt-get install ${debianPackage}`);
  return found;
}

function said(world: World, [command = '', ...args]: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: world.workspace,
    env: world.env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status}): ${stdout}${stderr}`);
  return stdout;
}

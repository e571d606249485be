/**
 * `npm run bench -- wait`: from the last instruction of a job to the exit of the command that waits for it, beside Debian's
 * task-spooler (`tsp -w`) and nq (`nq -w`), where they are installed. All wait for the same kind of job, in turn, so that a
 * drift of the machine hits all of them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { aWorkspace, type World } from '../tests/support/world.ts';

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

export async function benchWait(): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cbw-')));
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  try {
    await using world = await aWorkspace({ env: { TS_SOCKET: join(folder, 'ts'), NQDIR: folder } });
    const waiters = [ours(world), ...(taskSpooler(world) ?? []), ...(nq(world) ?? [])];
    for (let round = 0; round < ROUNDS; round++) {
      const turns = waiters.map((_, index) => SECONDS[(round + index) % SECONDS.length] ?? 1);
      await Promise.all(waiters.map((waiter, index) => measure(world, waiter, turns[index] ?? 1, folder)));
    }
    for (const waiter of waiters) {
      report(waiter);
      waiter.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
}

async function measure(world: World, waiter: Waiter, seconds: number, folder: string): Promise<void> {
  const stamp = join(folder, `stamp-${seconds}`);
  const [command = '', ...args] = waiter.start(['sh', '-c', `sleep ${seconds}; date +%s%N > ${stamp}`]);
  const waiting = spawn(command, args, { cwd: world.workspace, env: world.env, stdio: 'ignore' });
  await new Promise((resolve) => waiting.on('exit', resolve));
  const now = performance.timeOrigin + performance.now();
  waiter.times.push(now - Number(readFileSync(stamp, 'utf8')) / 1e6);
}

function report({ name, times }: Waiter): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(1);
  console.log(
    `last instruction of the job → ${name} has exited: median ${at(0.5)} ms, p99 ${at(0.99)} ms (${at(0)}–${at(1)}; n=${times.length})`,
  );
}

function ours(world: World): Waiter {
  const companion = [process.execPath, join(world.bundles, 'companion.mjs')];
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

function taskSpooler(world: World): Waiter[] | undefined {
  if (!isThere(world, 'tsp', 'task-spooler')) return undefined;
  return [
    {
      name: '`tsp -w` (task-spooler)',
      times: [],
      start: (job) => ['tsp', '-w', said(world, ['tsp', ...job]).trim()],
      end: () => void said(world, ['tsp', '-K']),
    },
  ];
}

function nq(world: World): Waiter[] | undefined {
  if (!isThere(world, 'nq', 'nq')) return undefined;
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
  if (!found) console.log(`${program} is not installed, so it is left out: apt-get install ${debianPackage}`);
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

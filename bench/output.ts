/**
 * `npm run bench -- output`: 1 GB of output of a job beside `cmd > file`, and what our processes weigh meanwhile;
 * `npm run bench -- memory`: what they weigh when 200 jobs run at once.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { jobFiles } from '../scripts/state/job/job-directory.ts';
import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';

const OUTPUT_BYTES = 1024 ** 3;
const OUTPUT_NAME = `${OUTPUT_BYTES / 1024 ** 2} MB`;
const ROUNDS = 5;
/** Not all at once: a busy machine needs minutes for 200 starts of node. */
const JOBS_IN_A_WAVE = 8;
const JOBS_AT_ONCE = Number(process.env.BENCH_JOBS ?? 200);

/** Plain file, job that is waited for, job that nobody waits for: in turn, each as the writer itself times it. */
export async function benchOutput(): Promise<void> {
  await using world = await aWorkspace();
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  const stamp = join(world.folder, 'stamp');
  const write = `date +%s%N > ${stamp}; head -c ${OUTPUT_BYTES} /dev/zero; date +%s%N >> ${stamp}`;
  const rates: Record<'alone' | 'waited for', number[]> = { alone: [], 'waited for': [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const plain = plainWrite(world, write, stamp);
    for (const [how, its] of Object.entries(rates)) {
      const id = await world.run('sh', '-c', write);
      const waiter = how === 'alone' ? undefined : world.start('wait', id);
      await until('it has ended', () => statSync(filesOf(world, id).exit), 120_000);
      await waiter?.ended;
      truncateSync(filesOf(world, id).log);
      if (round > 0) its.push(plain / span(stamp));
    }
  }
  for (const [how, its] of Object.entries(rates))
    console.log(
      `rate of a job (${how}) that writes ${OUTPUT_NAME}: ${told(its, 2)} × that of \`cmd > file\``,
    );
  await memoryDuringOutput(world);
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
}

/** Milliseconds. The space is given back, so that each writer finds the same. */
function plainWrite(world: World, write: string, stamp: string): number {
  const file = join(world.folder, 'plain');
  spawnSync('sh', ['-c', `{ ${write}; } > ${file}`], { env: world.env });
  rmSync(file);
  return span(stamp);
}

function span(stamp: string): number {
  const [begun = 0, ended = 0] = readFileSync(stamp, 'utf8').trim().split('\n').map(Number);
  return (ended - begun) / 1e6;
}

const WATCHED = {
  'the wrapper': 'run-job.sh',
  wait: 'companion.mjs wait',
  'logs --follow': 'companion.mjs logs',
};

/** The first quarter of the output holds the start of the programs. */
async function memoryDuringOutput(world: World): Promise<void> {
  const id = await world.run('sh', '-c', `head -c ${OUTPUT_BYTES} /dev/urandom`);
  const companion = join(world.bundles, 'companion.mjs');
  const options = { cwd: world.workspace, env: world.env, stdio: 'ignore' } as const;
  const verbs = [['wait'], ['logs', '--follow']];
  const readers = verbs.map((verb) => spawn(process.execPath, [companion, ...verb, id], options));
  const samples: { quarter: number; of: Map<string, number> }[] = [];
  while (readers.every((one) => one.exitCode === null)) {
    const quarter = Math.floor((statSync(filesOf(world, id).log).size * 4) / OUTPUT_BYTES);
    const of = Object.entries(WATCHED).map(([name, words]) => [name, pssOf(world, words).megabytes] as const);
    samples.push({ quarter, of: new Map(of) });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await until('who reads it has it all', () => readers.every((one) => one.exitCode !== null), 120_000);
  for (const name of Object.keys(WATCHED)) {
    const quarters = [1, 2, 3].map((quarter) =>
      median(samples.filter((one) => one.quarter === quarter).map((one) => one.of.get(name) ?? 0)).toFixed(1),
    );
    console.log(
      `PSS of ${name} in the 2nd, 3rd and 4th quarter of ${OUTPUT_NAME}: ${quarters.join(' / ')} MB`,
    );
  }
}

/** Summed PSS of everything of ours that lives while so many jobs run, the commands themselves left out. */
export async function benchMemory(): Promise<void> {
  for (const options of [[], ['--deadline', '1h', '--stall', '1h']]) {
    await using world = await aWorkspace();
    const started = performance.now();
    for (let started = 0; started < JOBS_AT_ONCE; started += JOBS_IN_A_WAVE) {
      const wave = Array.from({ length: JOBS_IN_A_WAVE }, () =>
        world.cli('run', '--background', ...options, '--', 'sleep', '600'),
      );
      await Promise.all(wave);
    }
    const took = Math.round(performance.now() - started);
    const running = () =>
      world.processes().filter(({ command }) => command === 'sleep 600').length === JOBS_AT_ONCE;
    await until('all run', running, 120_000);
    const { megabytes, processes } = pssOf(world, 'run-job.sh');
    const others = world
      .processes()
      .filter(({ command }) => /\.mjs/.test(command) && !command.includes('run-job.sh'));
    console.log(
      `${JOBS_AT_ONCE} jobs at once${options.length > 0 ? ', with limits' : ''}: ${(megabytes / JOBS_AT_ONCE).toFixed(2)} MB PSS of ours a job (${megabytes.toFixed(0)} MB in ${processes} processes; node processes: ${others.length}); all enqueued in ${took} ms`,
    );
    const { code, stderr } = await world.cli('cancel', '--all');
    if (code !== 0) throw new Error(stderr);
  }
}

function pssOf(world: World, words: string): { megabytes: number; processes: number } {
  const ours = world
    .processes()
    .filter(({ command }) => command.includes(words) && !command.includes('--become'));
  const kilobytes = ours.map(({ pid }) => {
    try {
      return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0; // it has ended
    }
  });
  return { megabytes: kilobytes.reduce((total, one) => total + one, 0) / 1024, processes: ours.length };
}

function filesOf(world: World, id: string) {
  return jobFiles(join(world.context().layout.jobs, id));
}

function told(values: number[], digits: number): string {
  const spread = [Math.min(...values), Math.max(...values)].map((one) => one.toFixed(digits)).join('–');
  return `median ${median(values).toFixed(digits)} (${spread}; n=${values.length})`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { jobFiles } from '../scripts/state/job/job-directory.ts';
import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { median, spread } from './measure.ts';
import { ours } from './memory.ts';
import { companionOf } from './programs.ts';
import type { Figure } from './table.ts';

const OUTPUT_BYTES = 1024 ** 3;
const OUTPUT_NAME = `${OUTPUT_BYTES / 1024 ** 2} MB`;
const ROUNDS = 5;

/**
 * 1 GB of output of a job beside `cmd > file`, and what our processes weigh meanwhile.
 * Plain file, job that is waited for, job that nobody waits for: in turn, each as the writer itself times it.
 */
export async function output(): Promise<Figure[]> {
  await using world = await aWorkspace();
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
  const figures = Object.entries(rates).map(([how, its]) => ({
    what: `rate of a job (${how}) that writes ${OUTPUT_NAME}, against that of \`cmd > file\``,
    figure: `${median(its).toFixed(2)} ×`,
    detail: `${spread(its, 2)}; n=${its.length}`,
  }));
  return [...figures, ...(await memoryDuringOutput(world))];
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
  wait: 'companion.cjs wait',
  'logs --follow': 'companion.cjs logs',
};

/** The first quarter of the output holds the start of the programs. */
async function memoryDuringOutput(world: World): Promise<Figure[]> {
  const id = await world.run('sh', '-c', `head -c ${OUTPUT_BYTES} /dev/urandom`);
  const options = { cwd: world.workspace, env: world.env, stdio: 'ignore' } as const;
  const verbs = [['wait'], ['logs', '--follow']];
  const readers = verbs.map((verb) => spawn(process.execPath, [companionOf(world), ...verb, id], options));
  const samples: { quarter: number; of: Map<string, number> }[] = [];
  while (readers.every((one) => one.exitCode === null)) {
    const quarter = Math.floor((statSync(filesOf(world, id).log).size * 4) / OUTPUT_BYTES);
    const of = Object.entries(WATCHED).map(([name, words]) => [name, ours(world, words).megabytes] as const);
    samples.push({ quarter, of: new Map(of) });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await until('who reads it has it all', () => readers.every((one) => one.exitCode !== null), 120_000);
  return Object.keys(WATCHED).map((name) => {
    const quarters = [1, 2, 3].map((quarter) =>
      median(samples.filter((one) => one.quarter === quarter).map((one) => one.of.get(name) ?? 0)).toFixed(1),
    );
    return {
      what: `PSS of ${name} in the 2nd, 3rd and 4th quarter of ${OUTPUT_NAME}`,
      figure: `${quarters.join(' / ')} MB`,
      detail: '',
    };
  });
}

function filesOf(world: World, id: string) {
  return jobFiles(join(world.context().layout.jobs, id));
}

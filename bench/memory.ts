import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { pssOf } from './measure.ts';
import type { Figure } from './table.ts';

/** Not all at once: a busy machine needs minutes for 200 starts of node. */
const JOBS_IN_A_WAVE = 8;
const JOBS_AT_ONCE = Number(process.env.BENCH_JOBS ?? 200);

/** Summed PSS of everything of ours that lives while so many jobs run, the commands themselves left out. */
export async function memory(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const options of [[], ['--deadline', '1h', '--stall', '1h']]) {
    await using world = await aWorkspace();
    const started = performance.now();
    for (let started = 0; started < JOBS_AT_ONCE; started += JOBS_IN_A_WAVE) {
      const wave = Array.from({ length: Math.min(JOBS_IN_A_WAVE, JOBS_AT_ONCE - started) }, () =>
        world.cli('run', '--background', ...options, '--', 'sleep', '600'),
      );
      await Promise.all(wave);
    }
    const took = Math.round(performance.now() - started);
    const running = () =>
      world.processes().filter(({ command }) => command === 'sleep 600').length === JOBS_AT_ONCE;
    await until('all run', running, 120_000);
    const { megabytes, processes } = ours(world, 'run-job.sh');
    const others = world
      .processes()
      .filter(({ command }) => /\.[cm]js/.test(command) && !command.includes('run-job.sh'));
    figures.push({
      what: `${JOBS_AT_ONCE} jobs at once${options.length > 0 ? ', with limits' : ''}: PSS of ours a job`,
      figure: `${(megabytes / JOBS_AT_ONCE).toFixed(2)} MB`,
      detail: `${megabytes.toFixed(0)} MB in ${processes} processes; node processes: ${others.length}; all enqueued in ${took} ms`,
    });
    const { code, stderr } = await world.cli('cancel', '--all');
    if (code !== 0) throw new Error(stderr);
  }
  return figures;
}

/** What those of our processes weigh whose command line has these words; what became the command is not ours. */
export function ours(world: World, words: string): { megabytes: number; processes: number } {
  const found = world
    .processes()
    .filter(({ command }) => command.includes(words) && !command.includes('--become'));
  const megabytes = found.reduce((total, { pid }) => total + pssOf(pid), 0);
  return { megabytes, processes: found.length };
}

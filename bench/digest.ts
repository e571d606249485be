import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemCode } from '../scripts/domain/base/errors.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { companionOf } from './programs.ts';
import type { Figure } from './table.ts';

const LINE =
  '2026-11-21T10:00:00.123Z INFO compiling module src/parts/of/it.ts with {target: es2022} in 12ms';
const READERS = [['result'], ['logs', '--tail', '50'], ['logs', '--since', '0', '--limit', '2000'], ['logs']];

/** What it takes to read a log of 1 GB, in time and memory, beside one of 1 MB. */
export async function digest(): Promise<Figure[]> {
  await using world = await aWorkspace();
  const figures: Figure[] = [];
  for (const size of [1 << 20, 1 << 30]) {
    const print = `yes '${LINE}' | head -c ${size}; echo; echo 'src/a.c:1:2: error: no such thing'`;
    const id = await world.run('sh', '-c', print);
    await world.cli('wait', id);
    for (const [verb = '', ...options] of READERS) {
      const { ms, kilobytes } = await measured(world, [verb, id, ...options]);
      figures.push({
        what: `${[verb, 'ID', ...options].join(' ')} of ${size / 1024 / 1024} MB`,
        figure: `${Math.round(ms)} ms`,
        detail: `${Math.round(kilobytes / 1024)} MB at its peak`,
      });
    }
  }
  return figures;
}

async function measured(world: World, args: string[]) {
  const start = performance.now();
  const options = { cwd: world.workspace, env: world.env, stdio: 'ignore' } as const;
  const child = spawn(process.execPath, [companionOf(world), ...args], options);
  let kilobytes = 0;
  const look = setInterval(() => {
    kilobytes = Math.max(kilobytes, peakOf(child.pid ?? 0));
  }, 10);
  await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(look);
  return { ms: performance.now() - start, kilobytes };
}

function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return 0; // it has just ended
  }
}

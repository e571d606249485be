/** `npm run bench -- digest`: what it takes to read a log of 1 GB, in time and memory, beside one of 1 MB. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { systemCode } from '../scripts/domain/base/errors.ts';

interface Place {
  companion: string;
  workspace: string;
  env: NodeJS.ProcessEnv;
}

const LINE =
  '2026-11-21T10:00:00.123Z INFO compiling module src/parts/of/it.ts with {target: es2022} in 12ms';
const READERS = [['result'], ['logs', '--tail', '50'], ['logs', '--since', '0', '--limit', '2000'], ['logs']];

export async function benchDigest(place: Place): Promise<void> {
  for (const size of [1 << 20, 1 << 30]) {
    const id = jobThatPrints(
      place,
      `yes '${LINE}' | head -c ${size}; echo; echo 'src/a.c:1:2: error: no such thing'`,
    );
    for (const [verb = '', ...options] of READERS) {
      const { ms, kilobytes } = await measured(place, [verb, id, ...options]);
      const name = [verb, 'ID', ...options].join(' ');
      console.log(
        `${name} of ${size / 1024 / 1024} MB: ${Math.round(ms)} ms, ${Math.round(kilobytes / 1024)} MB at its peak`,
      );
    }
  }
}

function jobThatPrints({ companion, workspace, env }: Place, text: string): string {
  const call = (...args: string[]) =>
    spawnSync(process.execPath, [companion, ...args], { cwd: workspace, env, encoding: 'utf8' }).stdout;
  const { jobId } = JSON.parse(call('run', '--background', '--json', '--', 'sh', '-c', text)) as {
    jobId: string;
  };
  call('wait', jobId);
  return jobId;
}

async function measured({ companion, workspace, env }: Place, args: string[]) {
  const start = performance.now();
  const child = spawn(process.execPath, [companion, ...args], { cwd: workspace, env, stdio: 'ignore' });
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

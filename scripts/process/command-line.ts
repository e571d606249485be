import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The arguments of a living process, its own name first; undefined where they cannot be seen. */
export function argumentsOf(pid: number): string[] | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined; // gone, or not ours to see
  }
}

function fromProc(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0');
}

function fromPs(pid: number): string[] {
  const text = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.trim().split(/\s+/);
}

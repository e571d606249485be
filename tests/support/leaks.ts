import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './wait.ts';

export interface Survivor {
  pid: number;
  ppid: number;
  /** The command line, its arguments joined by spaces. */
  command: string;
}

/**
 * Living processes that carry a string in their environment or command line: the test run's cookie,
 * or the path of a temporary home. The asking process is not listed, nor are zombies.
 */
export function survivors(cookie: string): Survivor[] {
  const found = process.platform === 'linux' ? fromProc(cookie) : fromPs(cookie);
  return found.filter(({ pid }) => pid !== process.pid);
}

/** Throws, naming every process that still carries the string after `ms` milliseconds. */
export async function assertNoneLeft(cookie: string, ms = 5_000): Promise<void> {
  try {
    await until('no process is left', () => survivors(cookie).length === 0, ms);
  } catch (cause) {
    const left = survivors(cookie);
    if (left.length === 0) return;
    throw new Error(`Left running after ${ms} ms:\n${left.map(describe).join('\n')}`, { cause });
  }
}

export function describe({ pid, ppid, command }: Survivor): string {
  return `  pid ${pid} (parent ${ppid}): ${command}`;
}

function fromProc(cookie: string): Survivor[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        if (!environment.includes(cookie) && !command.includes(cookie)) return [];
        // Format of stat: proc(5). The name in parentheses may itself contain spaces and parentheses.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        return [{ pid: Number(name), ppid: Number(ppid), command: command.split('\0').join(' ').trim() }];
      } catch (error) {
        // Gone since the listing, or another user's: neither is a process this suite left.
        if (isGoneOrForeign(error)) return [];
        throw error;
      }
    });
}

function isGoneOrForeign(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code);
}

function fromPs(cookie: string): Survivor[] {
  const table = execFileSync('ps', ['-Eww', '-axo', 'pid=,ppid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return table
    .split('\n')
    .filter((line) => line.includes(cookie))
    .flatMap((line) => {
      const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid && ppid && command ? [{ pid: Number(pid), ppid: Number(ppid), command }] : [];
    });
}

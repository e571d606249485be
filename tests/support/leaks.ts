import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { PATIENCE_MS, until } from './wait.ts';

export interface Survivor {
  pid: number;
  ppid: number;
  /** The command line, its arguments joined by spaces. */
  command: string;
}

interface Row extends Survivor {
  carries: boolean;
}

/**
 * Living processes that carry a string in their environment, command line or working directory (the test run's cookie,
 * or the path of a temporary home), and what descends from them. The asking process is not listed, nor are zombies.
 */
export function survivors(cookie: string): Survivor[] {
  const table = process.platform === 'linux' ? fromProc(cookie) : fromPs(cookie);
  const others = table.filter(({ pid }) => pid !== process.pid);
  const found = new Set(others.filter(({ carries }) => carries));
  // A set that grows while it is walked is walked to its end: children of children are found, too.
  for (const { pid } of found) for (const row of others) if (row.ppid === pid) found.add(row);
  return [...found].map(({ pid, ppid, command }) => ({ pid, ppid, command }));
}

/** Throws, naming every process that still carries the string after `ms` milliseconds. */
export async function assertNoneLeft(cookie: string, ms = PATIENCE_MS): Promise<void> {
  try {
    await until('no process is left', () => survivors(cookie).length === 0, ms);
  } catch (cause) {
    const left = survivors(cookie);
    if (left.length === 0) return;
    throw new Error(`Left running after ${ms} ms:\n${left.map(describe).join('\n')}`, { cause });
  }
}

/** SIGKILL to a process that may have ended by itself meanwhile. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function describe({ pid, ppid, command }: Survivor): string {
  return `  pid ${pid} (parent ${ppid}): ${command}`;
}

function fromProc(cookie: string): Row[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'latin1');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        const directory = readlinkSync(`/proc/${name}/cwd`);
        // Format of stat: proc(5). The name in parentheses may itself contain spaces and parentheses.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        const carries = [environment, command, directory].some((text) => text.includes(cookie));
        return [
          { pid: Number(name), ppid: Number(ppid), command: command.replaceAll('\0', ' ').trim(), carries },
        ];
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

function fromPs(cookie: string): Row[] {
  const table = execFileSync('ps', ['-Eww', '-axo', 'pid=,ppid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return table.split('\n').flatMap((line) => {
    const [, pid, ppid, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || !ppid || !command) return [];
    return [{ pid: Number(pid), ppid: Number(ppid), command, carries: line.includes(cookie) }];
  });
}

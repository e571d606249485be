import { readdirSync, readFileSync } from 'node:fs';
import { COOKIE_VARIABLE } from './environment.ts';
import { readStat, type Stat } from './identity.ts';

/** All living processes that this user can see, by pid. Linux; elsewhere see docs/platforms.md. */
export function processTable(): Map<number, Stat> {
  const table = new Map<number, Stat>();
  for (const name of processDirectories()) {
    const stat = readStat(Number(name));
    if (stat) table.set(stat.pid, stat);
  }
  return table;
}

/** The job whose cookie a process carries in the environment it was started with; undefined where nobody can say. */
export function cookieOf(pid: number): string | undefined {
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return undefined; // gone, or another user's
  }
  const prefix = `${COOKIE_VARIABLE}=`;
  const start = environment.startsWith(prefix) ? 0 : environment.indexOf(`\0${prefix}`) + 1;
  if (start === 0 && !environment.startsWith(prefix)) return undefined;
  const end = environment.indexOf('\0', start);
  return environment.slice(start + prefix.length, end === -1 ? undefined : end);
}

/** The command line of a process, joined by spaces; "" where nobody can say. */
export function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // gone
  }
}

function processDirectories(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[1-9]\d*$/.test(name));
  } catch {
    return []; // no /proc on this platform
  }
}

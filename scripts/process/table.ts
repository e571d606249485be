import { readdirSync, readFileSync } from 'node:fs';
import { COOKIE_VARIABLE, SHARED_VARIABLE } from './environment.ts';
import { readStat, type Stat } from './identity.ts';

/** All living processes that this user can see, by pid. Linux; elsewhere see docs/platforms.md. */
export function processTable(): Map<number, Stat> {
  return new Map([...livingProcesses()].map((stat) => [stat.pid, stat]));
}

/**
 * The same one by one, each read when it is asked for. The newest comes first: of a chain of processes that each live
 * for a moment, a listing that is read from its other end finds the dead only.
 */
export function* livingProcesses(): Generator<Stat> {
  for (const pid of pids().sort((a, b) => b - a)) {
    const stat = readStat(pid);
    if (stat) yield stat;
  }
}

/** The job whose cookie a process carries in the environment it was started with; undefined where nobody can say. */
export function cookieOf(pid: number): string | undefined {
  return valueIn(environmentOf(pid), COOKIE_VARIABLE);
}

/** The same, or `shared` for a process of ours that serves no single job. */
export function ownerOf(pid: number): string | undefined {
  const environment = environmentOf(pid);
  const shared = valueIn(environment, SHARED_VARIABLE) === undefined ? undefined : 'shared';
  return valueIn(environment, COOKIE_VARIABLE) ?? shared;
}

function valueIn(environment: string, name: string): string | undefined {
  const prefix = `${name}=`;
  const start = environment.startsWith(prefix) ? 0 : environment.indexOf(`\0${prefix}`) + 1;
  if (start === 0 && !environment.startsWith(prefix)) return undefined;
  const end = environment.indexOf('\0', start);
  return environment.slice(start + prefix.length, end === -1 ? undefined : end);
}

/** "" where nobody can say: gone, or another user's. */
function environmentOf(pid: number): string {
  const own = readIfAllowed(`/proc/${pid}/environ`);
  if (own !== '') return own;
  // A process whose first thread has ended shows it at the others only.
  for (const thread of readStat(pid, { zombies: true })?.state === 'Z' ? threadsOf(pid) : []) {
    const theirs = readIfAllowed(`/proc/${pid}/task/${thread}/environ`);
    if (theirs !== '') return theirs;
  }
  return '';
}

function readIfAllowed(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // gone, or another user's
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // gone
  }
}

/** The command line of a process, joined by spaces; "" where nobody can say. */
export function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // gone
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number);
  } catch {
    return []; // no /proc on this platform
  }
}

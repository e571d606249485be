import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { judgeLiveness, type Liveness, type Place, type ProcessIdentity } from '../domain/base/identity.ts';

/**
 * Identity of processes on this machine. Linux tells it through /proc; elsewhere `ps` and `sysctl` do.
 * Reading is synchronous on purpose: a check is worth something only in the same step as the act it guards.
 */

const onLinux = process.platform === 'linux';
let place: Place | undefined;

/** The machine, boot and pid namespace of this process. */
export function here(): Place {
  place ??= { machine: machineHash(), boot: bootId(), pidNamespace: pidNamespace() };
  return place;
}

export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity)
    throw new Error('This process cannot see its own start time; is /proc mounted for this pid namespace?');
  return identity;
}

/** The process that has this pid now, or undefined: nobody, a zombie, or a pid that is no pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = startTime(pid);
  return start === undefined ? undefined : { ...here(), pid, start };
}

export function liveness(identity: ProcessIdentity): Liveness {
  return judgeLiveness(identity, here(), startTime(identity.pid));
}

/** Start time of the living process with this pid; undefined for nobody and for a zombie whose threads are gone too. */
export function startTime(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return onLinux ? readStat(pid)?.start : startTimeFromPs(pid);
}

export interface Stat {
  pid: number;
  comm: string;
  state: string;
  parent: number;
  group: number;
  session: number;
  /** clock ticks since boot, as text */
  start: string;
}

/** /proc/PID/stat. The command name may hold spaces and parentheses, so fields are counted from its last one. */
export function readStat(pid: number, options: { zombies?: boolean } = {}): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // gone, or not ours to see: in both cases nobody we may act upon
  }
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, parent, group, session] = fields;
  const start = fields[19];
  if (state === undefined || start === undefined) return undefined;
  if (!options.zombies && isOver(state, Number(fields[17]))) return undefined;
  return {
    pid,
    comm: text.slice(text.indexOf('(') + 1, close),
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    start,
  };
}

/** What people want to know of a process that would not end; "" where nobody can say. */
export function statusOf(pid: number): { state: string; uid: string } {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    // gone, or no /proc on this platform: both fields stay empty
  }
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return { state: field('State'), uid: field('Uid') };
}

/** A process whose first thread has ended reads `Z` while its other threads work on. */
function isOver(state: string, threads: number): boolean {
  return state === 'X' || (state === 'Z' && threads <= 1);
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // As the wrapper asks, so that both read the same words.
      env: { LC_ALL: 'C', TZ: 'UTC0', PATH: '/bin:/usr/bin' },
    });
    const [state, ...start] = text.trim().split(/\s+/);
    return state === undefined || state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ');
  } catch {
    return undefined; // ps exits 1 where nobody has this pid
  }
}

function machineHash(): string {
  const id = firstReadable(['/etc/machine-id', '/var/lib/dbus/machine-id']) ?? '';
  return createHash('sha256').update(`${id}\n${hostname()}`).digest('hex').slice(0, 16);
}

function bootId(): string {
  if (onLinux) return firstReadable(['/proc/sys/kernel/random/boot_id']) ?? '';
  try {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
  } catch {
    return ''; // no such key: start times alone then tell processes apart
  }
}

function pidNamespace(): string {
  if (!onLinux) return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // a kernel without namespaces has only one
  }
}

function firstReadable(files: string[]): string | undefined {
  for (const file of files) {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch {
      // the next one, or none: every caller has an answer for that
    }
  }
  return undefined;
}

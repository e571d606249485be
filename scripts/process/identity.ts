import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { judgeLiveness, type Liveness, type Place, type ProcessIdentity } from '../domain/base/identity.ts';
import type { Platform, ProcessRow } from './platform/platform.ts';
import { need, thisPlatform } from './platform/this-platform.ts';

/**
 * Identity of processes on this machine. Reading is synchronous on purpose: a check is worth something only in the same
 * step as the act it guards.
 */

let known: { platform: Platform; place: Place } | undefined;

/** The machine, boot and pid namespace of this process. */
export function here(): Place {
  const platform = thisPlatform();
  if (known?.platform !== platform) known = { platform, place: placeOn(platform) };
  return known.place;
}

function placeOn(platform: Platform): Place {
  return { machine: machineHash(), boot: platform.bootId(), pidNamespace: platform.pidNamespace() };
}

export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity)
    throw new Error(
      'This process cannot see its own start time: the process table is that of another pid namespace.',
    );
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
  return readStat(pid)?.start;
}

export type Stat = ProcessRow;

/** The row of one process; with `zombies` also of one that has ended and is not reaped. */
export function readStat(pid: number, options: { zombies?: boolean } = {}): Stat | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return need('row')(pid, options);
}

function machineHash(): string {
  const id = firstReadable(['/etc/machine-id', '/var/lib/dbus/machine-id']) ?? '';
  return createHash('sha256').update(`${id}\n${hostname()}`).digest('hex').slice(0, 16);
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

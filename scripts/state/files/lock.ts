import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmdirSync, type Stats, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import lockfile from 'proper-lockfile';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { here, liveness, ownIdentity } from '../../process/identity.ts';
import { createPrivateDirectory } from './durable.ts';

/**
 * The one lock of a workspace: a directory that holds one file, named after its holder.
 *
 * proper-lockfile as it comes calls a lock stale by its age: with six contenders at a stale lock two of them held it
 * at once in 4 of 25 rounds, and the lock of a killed holder blocks everybody for its `stale` time. It takes a file
 * system of one's own, through which staleness here means "the holder is dead", and nothing else:
 * - taking: a directory is made aside with the holder's name in it and renamed into place; a non-empty directory is
 *   never replaced by rename(2), so exactly one gets there;
 * - overtaking: exactly that dead name is unlinked (names are never used twice), then the empty directory is removed
 *   or replaced. Nobody can remove a living holder that came in between.
 * A holder that is alive but slow or stopped, or that cannot be judged from here, blocks.
 */

export interface LockOptions {
  /** how long to try, in milliseconds (about; at least once) */
  patienceMs: number;
}

const DAY_MS = 86_400_000;
const RETRY_MS = { minTimeout: 2, maxTimeout: 40, factor: 1.6, randomize: true };
/** about the mean pause between two tries, once they have grown to `maxTimeout` times 1–2 */
const MEAN_RETRY_MS = 60;

/** Runs `work` while holding the lock. Throws `state-locked` when a living holder outlasts our patience. */
export async function withLock<T>(lockDirectory: string, options: LockOptions, work: () => T): Promise<T> {
  const release = await acquire(lockDirectory, options);
  try {
    return work();
  } finally {
    await release();
  }
}

async function acquire(lockDirectory: string, options: LockOptions): Promise<() => Promise<void>> {
  const retries = Math.ceil(options.patienceMs / MEAN_RETRY_MS) + 4;
  try {
    return await lockfile.lock(lockDirectory, {
      fs: holderFileSystem,
      lockfilePath: lockDirectory,
      realpath: false,
      // Age never makes a lock stale here (see `stat` below), so the library's refreshing of it is kept out of the way.
      stale: DAY_MS,
      retries: { ...RETRY_MS, retries },
    });
  } catch (error) {
    throw systemCode(error) === 'ELOCKED' ? locked(lockDirectory, error) : unusable(lockDirectory, error);
  }
}

type Callback<T = void> = (error: Error | null, value?: T) => void;

/** Names that this process has put into locks: what it may take out again. */
const ours = new Set<string>();

const holderFileSystem = {
  mkdir: (lock: string, done: Callback) => attempt(done, () => placeHolder(lock)),
  rmdir: (lock: string, done: Callback) => attempt(done, () => removeHolders(lock)),
  rmdirSync: removeHolders,
  /** Tells proper-lockfile through the modification time whether it may overtake: 1970 for a dead holder, else now. */
  stat: (lock: string, done: Callback<Pick<Stats, 'mtime'>>) =>
    attempt(done, () => {
      const names = readdirSync(lock);
      return { mtime: names.every((name) => holderIsDead(name)) ? new Date(0) : new Date() };
    }),
  /** proper-lockfile probes the precision of time stamps; ours are made up. */
  utimes: (_lock: string, _atime: Date, _mtime: Date, done: Callback) => done(null),
};

function attempt<T>(done: Callback<T>, act: () => T): void {
  let value: T;
  try {
    value = act();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done(null, value);
}

function placeHolder(lock: string): void {
  const name = holderName(ownIdentity());
  const aside = `${lock}.${name}`;
  createPrivateDirectory(aside);
  try {
    writeFileSync(join(aside, name), '', { mode: 0o600, flag: 'wx' });
    renameSync(aside, lock);
    ours.add(name);
  } catch (error) {
    discard(aside, name);
    if (systemCode(error) === 'ENOTEMPTY') throw Object.assign(new Error('held'), { code: 'EEXIST' });
    throw error;
  }
}

function discard(aside: string, name: string): void {
  ignoring(['ENOENT'], () => unlinkSync(join(aside, name)));
  rmdirSync(aside);
}

/** Takes out our own name and the names of the dead, and removes the directory unless somebody else is in it by now. */
function removeHolders(lock: string): void {
  for (const name of readdirSync(lock)) {
    if (ours.has(name) || holderIsDead(name)) ignoring(['ENOENT'], () => unlinkSync(join(lock, name)));
    ours.delete(name);
  }
  ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirSync(lock));
}

/** Removes directories that killed contenders left aside. To be called while holding the lock. */
export function removeAbandonedAsides(lock: string): void {
  const prefix = `${basename(lock)}.holder.`;
  for (const entry of readdirSync(dirname(lock))) {
    const name = entry.slice(basename(lock).length + 1);
    if (entry.startsWith(prefix) && holderIsDead(name)) {
      ignoring(['ENOENT'], () => unlinkSync(join(dirname(lock), entry, name)));
      ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirSync(join(dirname(lock), entry)));
    }
  }
}

/** `holder.<machine>.<boot>.<namespace>.<pid>.<start>.<nonce>`: all that proves it dead, in a name that never comes again. */
function holderName(identity: ProcessIdentity): string {
  const nonce = randomBytes(6).toString('hex');
  const parts = [
    identity.machine,
    identity.boot,
    identity.pidNamespace,
    String(identity.pid),
    identity.start,
  ];
  return ['holder', ...parts.map(encodePart), nonce].join('.');
}

function holderIsDead(name: string): boolean {
  const identity = parseHolder(name);
  return identity !== undefined && liveness(identity) === 'dead';
}

function parseHolder(name: string): ProcessIdentity | undefined {
  const [word, machine, boot, pidNamespace, pid, start, nonce] = name.split('.');
  if (word !== 'holder' || machine === undefined || boot === undefined || pidNamespace === undefined)
    return undefined;
  if (start === undefined || nonce === undefined || !/^[1-9]\d{0,9}$/.test(pid ?? '')) return undefined;
  return {
    machine: decodePart(machine),
    boot: decodePart(boot),
    pidNamespace: decodePart(pidNamespace),
    pid: Number(pid),
    start: decodePart(start),
  };
}

function encodePart(part: string): string {
  return part.replace(
    /[^A-Za-z0-9-]/g,
    (character) => `_${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function decodePart(part: string): string {
  return part.replace(/_([0-9a-f]{4})/g, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function ignoring(codes: string[], act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
  }
}

function locked(lock: string, cause: unknown): CompanionError {
  const holder = currentHolder(lock);
  if (!holder)
    return new CompanionError('state-locked', 'The state is busy; many commands want it at once.', { cause });
  const foreign = holder.machine !== here().machine || holder.pidNamespace !== here().pidNamespace;
  const where = foreign ? ' on another machine or in another container' : '';
  return new CompanionError('state-locked', `The state is locked by process ${holder.pid}${where}.`, {
    hint: foreign
      ? `Wait for it; if it is surely gone, remove ${lock}.`
      : `It is alive, if slow or stopped: look at it with "ps -p ${holder.pid}" and try again.`,
    cause,
  });
}

function currentHolder(lock: string): ProcessIdentity | undefined {
  try {
    return readdirSync(lock)
      .map(parseHolder)
      .find((holder) => holder !== undefined);
  } catch {
    return undefined; // released in this very moment
  }
}

function unusable(lock: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof CompanionError) return error;
  return new CompanionError('state-not-writable', `Cannot lock the state at ${lock} (${code}).`, {
    hint: 'In a sandboxed shell, ask for approval to run this command outside the sandbox; else check the permissions.',
    cause: error,
  });
}

import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';

/** Files that survive a crash, readable by their owner alone. */

/** Creates the directory and what is missing above it, 0700 whatever the umask, and makes their names durable. */
export function makePrivateDirectory(directory: string): void {
  try {
    lstatSync(directory);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw notWritable(directory, error);
    makePrivateDirectory(dirname(directory));
    try {
      createPrivateDirectory(directory);
      syncDirectory(dirname(directory));
    } catch (raced) {
      // What lies above it is there: a file system such as /proc takes no directory at all.
      if (systemCode(raced) === 'ENOENT') throw refusesToWrite(directory, 'ENOENT', raced);
      if (systemCode(raced) !== 'EEXIST') throw notWritable(directory, raced);
    }
  }
}

/** A new directory, 0700 whatever the umask. Throws the system error `EEXIST` where there is one. */
export function createPrivateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    chmodSync(directory, 0o700); // a umask may take the owner's rights, too
  } catch (error) {
    throw notWritable(directory, error);
  }
}

/** Refuses what somebody else owns, or a link put in its place, before anything in it is believed. */
export function requireOwnDirectory(directory: string): void {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(directory);
  } catch (error) {
    throw notWritable(directory, error);
  }
  if (!stat.isDirectory()) {
    throw new CompanionError('foreign-owner', `${directory} is not a plain directory; it is left alone.`, {
      hint: 'Move it away, or choose another place with CODEX_COMPANION_HOME.',
    });
  }
  const me = process.getuid?.();
  if (me !== undefined && stat.uid !== me) throw foreign(directory, stat.uid);
  if ((stat.mode & 0o022) !== 0) {
    throw new CompanionError('foreign-owner', `${directory} can be written by others; it is not trusted.`, {
      hint: `chmod 700 '${directory}'`,
    });
  }
}

/** The content of a file of ours. Links, devices and other people's files are refused, not read. */
export function readOwnFile(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    const me = process.getuid?.();
    if (me !== undefined && stat.uid !== me) throw foreign(file, stat.uid);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** readOwnFile, or undefined where there is none. */
export function readOwnFileIfAny(file: string): string | undefined {
  try {
    return readOwnFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The new content or the old, never something between; on disk when this returns. */
export function writeDurably(file: string, content: string): void {
  writeWhole(file, content, { durable: true });
}

/** The same, except that a crash of the machine may lose it. */
export function writeWhole(file: string, content: string, { durable = false } = {}): void {
  try {
    // A number at its end: the sweep knows by it what a killed writer left.
    const name = `${file}.${randomBytes(6).readUIntBE(0, 6)}`;
    withAside(name, content, (aside) => renameSync(aside, file), { durable });
    if (durable) syncDirectory(dirname(file));
  } catch (error) {
    throw notWritable(file, error);
  }
}

/**
 * Puts a file in its place whole, if nobody has put one there before: written aside, then link(2), which fails where
 * the name exists. Returns false for the one who came second. With `durable: false` a crash of the machine may lose it.
 */
export function writeOnce(file: string, content: string | Uint8Array, { durable = true } = {}): boolean {
  try {
    const name = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
    withAside(name, content, (aside) => linkSync(aside, file), { durable });
    if (durable) syncDirectory(dirname(file));
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw notWritable(file, error);
  }
}

/** Puts a file that is whole (and on disk, if durable) in its place; nothing of it stays where that fails. */
function withAside(
  aside: string,
  content: string | Uint8Array,
  place: (aside: string) => void,
  { durable = true } = {},
): void {
  const fd = openSync(aside, 'wx', 0o600);
  try {
    try {
      fchmodSync(fd, 0o600); // a umask may take the owner's rights, too
      writeAll(fd, content);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    place(aside);
  } finally {
    removeIfAny(aside);
  }
}

/**
 * write(2) may take a part only, which is no error: where the disk or the size limit has room for the beginning alone.
 * The next one then says why.
 */
export function writeAll(fd: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** Adds to a file of ours; not fsynced. */
export function appendOwnFile(file: string, text: string): void {
  try {
    appendFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw notWritable(file, error);
  }
}

export function removeIfAny(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

export function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const DENIED = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'EMFILE',
  'ENFILE',
  'ENAMETOOLONG',
  'EFBIG',
  'EIO',
]);

/** The system's refusal to write `path`, told with what to do; any other error as it is. */
export function notWritable(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof CompanionError || code === undefined || !DENIED.has(code)) return error;
  return refusesToWrite(path, code, error);
}

function refusesToWrite(path: string, code: string, cause: unknown): CompanionError {
  return new CompanionError(
    'state-not-writable',
    `Cannot write ${path} (${code}); nothing was started or changed.`,
    { hint: hintFor(code), cause },
  );
}

function hintFor(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Free some disk space and try again.';
  if (code === 'EMFILE' || code === 'ENFILE') return 'Too many files are open; raise the limit (ulimit -n).';
  if (code === 'EFBIG') return 'This shell limits the size of files; raise the limit (ulimit -f).';
  if (code === 'ENAMETOOLONG') return 'Choose a shorter place with CODEX_COMPANION_HOME.';
  return 'In a sandboxed shell, ask for approval to run this command outside the sandbox; else check the permissions, or set CODEX_COMPANION_HOME.';
}

function foreign(path: string, owner: number): CompanionError {
  return new CompanionError(
    'foreign-owner',
    `${path} belongs to user ${owner}, not to you; it is not trusted.`,
    {
      hint: 'Move it away, or choose another place with CODEX_COMPANION_HOME.',
    },
  );
}

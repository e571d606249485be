import { constants, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { systemCode } from '../domain/base/errors.ts';

/**
 * A job's output goes through one open file description, which everything that the job starts inherits and nobody else
 * can get. It is told from descriptors that others open on the same file by a flag that changes nothing for a writer and
 * that nobody sets by chance: O_NOATIME. So whoever reads the log, or adds a line to it by `>>`, is no part of the job.
 */
const MARK = process.platform === 'linux' ? constants.O_NOATIME : 0;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** The job's log, for appending, with our mark where the file system takes it. Throws the system error. */
export function openJobLog(file: string): number {
  try {
    return openSync(file, APPEND | MARK, 0o600);
  } catch (error) {
    if (MARK === 0 || systemCode(error) !== 'EPERM') throw error;
    // A file system that gives files another owner: without the mark a job's processes are found by their other traces.
    return openSync(file, APPEND, 0o600);
  }
}

/** Which file it is, whatever its name; undefined where there is none. */
export interface LogFile {
  device: bigint;
  inode: bigint;
}

export function identifyLog(file: string): LogFile | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

/** Has the process a descriptor that it inherited from the job? False where nobody can say. */
export function inheritedLog(pid: number, log: LogFile): boolean {
  if (MARK === 0) return false;
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) => isMarked(pid, fd) && isThat(`/proc/${pid}/fd/${fd}`, log),
    );
  } catch {
    return false; // gone, or another user's
  }
}

/** Asked before the file itself is, which may lie on a file system that does not answer. */
function isMarked(pid: number, fd: string): boolean {
  try {
    const flags =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    const wanted = MARK | constants.O_APPEND | constants.O_WRONLY;
    return (Number.parseInt(flags, 8) & wanted) === wanted;
  } catch {
    return false; // closed since the listing
  }
}

function isThat(path: string, log: LogFile): boolean {
  try {
    const stat = statSync(path, { bigint: true });
    return stat.dev === log.device && stat.ino === log.inode;
  } catch {
    return false; // closed since the listing
  }
}

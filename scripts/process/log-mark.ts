import { constants, openSync, statSync } from 'node:fs';
import { systemCode } from '../domain/base/errors.ts';
import type { FileIdentity } from './platform/platform.ts';
import { need } from './platform/this-platform.ts';

/**
 * A job's output goes through one open file description, which everything that the job starts inherits and nobody else
 * can get. It is told from descriptors that others open on the same file by a flag that changes nothing for a writer and
 * that nobody sets by chance: O_NOATIME. So whoever reads the log, or adds a line to it by `>>`, is no part of the job.
 */
const MARK = constants.O_NOATIME ?? 0; // not known off Linux, where nobody could see it either
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

export function identifyLog(file: string): FileIdentity | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

/** Has the process a descriptor that it inherited from the job? */
export function inheritedLog(pid: number, log: FileIdentity): boolean {
  return need('hasOpen')(pid, log, MARK | constants.O_APPEND | constants.O_WRONLY);
}

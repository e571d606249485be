import { aCount, anIdentity, aRecord, aString, aTimestamp, listOf } from '../../domain/base/check.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { Timestamp } from '../../domain/job/job.ts';
import { removeIfAny, writeDurably } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { jobFiles } from './job-directory.ts';

/** The one who is stopping the job now: others leave its processes in peace while he lives, until then. */
export interface Stopper {
  process: ProcessIdentity;
  until: Timestamp;
  /** those of the job that he found: what they are known by may be gone when the next one takes over */
  found: PidAndStart[];
}

type PidAndStart = Pick<ProcessIdentity, 'pid' | 'start'>;

export function recordStopper(directory: string, stopper: Stopper): void {
  writeDurably(jobFiles(directory).stopper, `${JSON.stringify(stopper)}\n`);
}

export function readStopper(directory: string): Stopper | null {
  return readOwnJson(jobFiles(directory).stopper, (value) => {
    const { process, until, found } = aRecord(value, 'stopper');
    return {
      process: anIdentity(process, 'stopper.process'),
      until: aTimestamp(until, 'stopper.until'),
      found: listOf(aPidAndStart)(found, 'stopper.found'),
    };
  });
}

/** That the job is paused, and who was stopped before and stays so when it goes on. */
export interface PauseNote {
  by: string;
  at: Timestamp;
  before: PidAndStart[];
}

export function notePaused(directory: string, note: PauseNote): void {
  writeDurably(jobFiles(directory).paused, `${JSON.stringify(note)}\n`);
}

export function readPaused(directory: string): PauseNote | null {
  return readOwnJson(jobFiles(directory).paused, (value) => {
    const { by, at, before } = aRecord(value, 'paused');
    return {
      by: aString(by, 'paused.by'),
      at: aTimestamp(at, 'paused.at'),
      before: listOf(aPidAndStart)(before, 'paused.before'),
    };
  });
}

export function forgetPause(directory: string): void {
  removeIfAny(jobFiles(directory).paused);
}

function aPidAndStart(value: unknown, where: string): PidAndStart {
  const { pid, start } = aRecord(value, where);
  return { pid: aCount(pid, `${where}.pid`), start: aString(start, `${where}.start`) };
}

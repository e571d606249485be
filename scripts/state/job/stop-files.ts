import { existsSync } from 'node:fs';
import { aCount, anIdentity, aRecord, aString, aTimestamp, listOf } from '../../domain/base/check.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { Timestamp } from '../../domain/job/job.ts';
import { removeIfAny, writeDurably, writeWhole } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { jobFiles } from './job-directory.ts';

/** The one who is stopping the job now: others leave its processes in peace while he lives, until then. */
export interface Stopper {
  process: ProcessIdentity;
  until: Timestamp;
  /** those of the job that he found: what they are known by may be gone when the next one takes over */
  found: PidAndStart[];
  /** the end of its command was on record before the first signal: only what that has left running is stopped */
  tooLate: boolean;
}

type PidAndStart = Pick<ProcessIdentity, 'pid' | 'start'>;

/**
 * To be called just before the first signal. `endsWithCommand`: the job waits for nothing that its command leaves running.
 * Who comes after another one was as late as that one. The only write between
 * the look at `exit` and the signal, so it waits for no disk: a crash of the machine ends all that it speaks of.
 */
export function recordStopper(
  directory: string,
  stopper: Omit<Stopper, 'tooLate'>,
  { endsWithCommand }: { endsWithCommand: boolean },
): void {
  const { exit, stopper: file } = jobFiles(directory);
  const tooLate = readStopper(directory)?.tooLate ?? (endsWithCommand && existsSync(exit));
  writeWhole(file, `${JSON.stringify({ ...stopper, tooLate } satisfies Stopper)}\n`);
}

export function readStopper(directory: string): Stopper | null {
  return readOwnJson(jobFiles(directory).stopper, (value) => {
    const { process, until, found, tooLate } = aRecord(value, 'stopper');
    return {
      process: anIdentity(process, 'stopper.process'),
      until: aTimestamp(until, 'stopper.until'),
      found: listOf(aPidAndStart)(found, 'stopper.found'),
      tooLate: tooLate === true,
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

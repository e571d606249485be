import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/errors.ts';
import { makePrivateDirectory } from '../state/durable.ts';

/**
 * The doorbell of an open session: a directory that its client watches, with one file in it that says nothing. Only
 * ringing writes there, so that what the called hook itself writes does not ring again.
 */
export function doorbellOf(directory: string): string {
  return join(directory, 'bell');
}

export function hangDoorbell(directory: string): void {
  const bell = doorbellOf(directory);
  makePrivateDirectory(bell);
  if (!existsSync(join(bell, 'ring'))) pull(bell); // so that the first ring changes a file that is there
}

export function takeDoorbellDown(directory: string): void {
  rmSync(doorbellOf(directory), { recursive: true, force: true });
}

/** Calls the hook of the session's client. Returns whether it has a doorbell. */
export function ring(directory: string): boolean {
  const bell = doorbellOf(directory);
  return existsSync(bell) && pull(bell);
}

function pull(bell: string): boolean {
  try {
    writeFileSync(join(bell, 'ring'), `${process.hrtime.bigint()}\n`, { mode: 0o600 });
    return true;
  } catch (error) {
    // Taken down in this moment, or a full disk: the notice waits for the next hook.
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

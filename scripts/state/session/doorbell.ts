import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { makePrivateDirectory, readOwnFileIfAny, removeIfAny } from '../files/durable.ts';
import { safeName } from '../layout.ts';

/**
 * Claude Code calls its hook when a file has been left alone for half a second, so that jobs which end one after the other
 * would put that off for as long as they do (seen with 2.1.329). So there are two files, which take turns: each is left
 * alone for this long. Milliseconds.
 */
const TURN_MS = 3_000;
const RINGS = ['ring', 'ring-2'] as const;

/**
 * The doorbell of an open session: a directory that its client watches (a host that watches none has a queue), with two files
 * in it that say nothing. Only ringing writes there, so that what the called hook itself writes does not ring again. It
 * belongs to the client, where that is known: after /clear the next session has the same one, and there is no moment in
 * which none is watched. The file `bell` in a session's directory tells where it is.
 */

/** Returns the directory to be watched. */
export function hangDoorbell(root: string, session: string, client: ProcessIdentity | null): string {
  const owner = client
    ? safeName(`${client.pid}-${client.start}`)
    : session.slice(dirname(session).length + 1);
  const bell = join(root, 'bells', owner);
  makePrivateDirectory(bell);
  // So that the first ring changes a file that is there.
  for (const name of RINGS) if (!existsSync(join(bell, name))) pull(bell, name);
  writeFileSync(join(session, 'bell'), bell, { mode: 0o600 });
  return bell;
}

/** The session is not to be woken any more. */
export function takeDoorbellOff(session: string): void {
  removeIfAny(join(session, 'bell'));
}

/** With its client gone, nobody watches it. */
export function removeDoorbell(session: string): void {
  const bell = doorbellOf(session);
  if (bell) rmSync(bell, { recursive: true, force: true });
  takeDoorbellOff(session);
}

export function hasDoorbell(session: string): boolean {
  return doorbellOf(session) !== undefined;
}

/** Calls the hook of the session's client. Returns whether it has a doorbell. By the session's directory. */
export function ring(session: string): boolean {
  const bell = doorbellOf(session);
  return bell !== undefined && pull(bell);
}

/** Only what lies where doorbells do is ever written or removed. */
function doorbellOf(session: string): string | undefined {
  const bell = readOwnFileIfAny(join(session, 'bell'));
  const place = join(dirname(dirname(session)), 'bells');
  return bell && dirname(bell) === place && existsSync(bell) ? bell : undefined;
}

function pull(bell: string, name = whoseTurn()): boolean {
  try {
    writeFileSync(join(bell, name), `${process.hrtime.bigint()}\n`, { mode: 0o600 });
    return true;
  } catch (error) {
    // Taken down in this moment, or a full disk: the notice waits for the next hook.
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

function whoseTurn(): (typeof RINGS)[number] {
  return RINGS[Math.floor(Date.now() / TURN_MS) % 2 === 0 ? 0 : 1];
}

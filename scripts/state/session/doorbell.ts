import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { makePrivateDirectory, readOwnFileIfAny } from '../files/durable.ts';
import { removeTree } from '../files/remove.ts';
import { safeName } from '../layout.ts';

/**
 * Claude Code calls its hook when a file has been left alone for half a second, so that jobs which end one after the other
 * would put that off for as long as they do (seen with 2.1.329). So there are two files, which take turns: each is left
 * alone for this long. Milliseconds.
 */
const TURN_MS = 3_000;
const RINGS = ['ring', 'ring-2'] as const;

/**
 * The doorbell of a client: a directory that it watches (a host that watches none has a queue), with two files in it that say
 * nothing. Only ringing writes there, so that what the called hook itself writes does not ring again. It belongs to the
 * client, where that is known: after /clear the next session has the same one, and there is no moment in which none is
 * watched. A session's directory tells where the bells of its clients are (clients.ts).
 */

/** Makes the doorbell of a client, or of a session whose client is not known. Returns the directory to be watched. */
export function makeDoorbell(root: string, session: string, client: ProcessIdentity | null): string {
  const owner = client ? safeName(`${client.pid}-${client.start}`) : basename(session);
  const bell = join(root, 'bells', owner);
  makePrivateDirectory(bell);
  // So that the first ring changes a file that is there.
  for (const name of RINGS) if (!existsSync(join(bell, name))) pull(bell, name);
  return bell;
}

/** The doorbell that a file names. Only what lies where doorbells do is ever written or removed. */
export function doorbellAt(file: string): string | undefined {
  const bell = readOwnFileIfAny(file);
  const place = join(dirname(dirname(dirname(file))), 'bells');
  return bell && dirname(bell) === place && existsSync(bell) ? bell : undefined;
}

/** With its client gone, nobody watches it. */
export function removeDoorbell(bell: string): void {
  removeTree(bell);
}

/** Calls the hook of whoever watches it. Returns whether that was done. */
export function pull(bell: string, name = whoseTurn()): boolean {
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

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../domain/errors.ts';
import type { HostName } from '../domain/job.ts';
import { sessionDirectory } from '../state/layout.ts';

/**
 * Changes the file that the session's client watches, so that it calls its hook. There is a doorbell only where the
 * start of the session hung one up; the file says nothing, and nobody but this writes below the watched directory.
 * Returns whether there is one.
 */
export function ringDoorbell(root: string, session: { host: HostName; sessionId: string }): boolean {
  const bell = join(sessionDirectory(root, session.host, session.sessionId), 'bell');
  if (!existsSync(bell)) return false;
  try {
    writeFileSync(join(bell, 'ring'), `${process.hrtime.bigint()}\n`, { mode: 0o600 });
    return true;
  } catch (error) {
    // Taken down in this moment, or a full disk: the notice waits for the next hook.
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

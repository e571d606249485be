import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { OnCompleteState } from '../../domain/job/on-complete.ts';
import { here, liveness } from '../../process/identity.ts';
import { readOwnFileIfAny } from '../files/durable.ts';

/**
 * What `--on-complete` leaves in the job's directory. `begun` is linked by the shell that runs the command,
 * right before it does: the one point from which on it is not run again. `exit` holds its status.
 */
export const onCompleteFiles = (directory: string) => ({
  /** the command's stdin */
  input: join(directory, 'on-complete.json'),
  begun: join(directory, 'on-complete.begun'),
  exit: join(directory, 'on-complete.exit'),
  log: join(directory, 'on-complete.log'),
});

export function onCompleteState(directory: string): OnCompleteState {
  const files = onCompleteFiles(directory);
  // The shell first, then its last word: the dead write nothing.
  const shell = shellIn(readOwnFileIfAny(files.begun));
  const isAlive = shell !== undefined && liveness(shell) !== 'dead';
  const status = /^status=(\d+)$/m.exec(readOwnFileIfAny(files.exit) ?? '')?.[1];
  if (status !== undefined) return { stage: 'ended', exitCode: Number(status) };
  if (isAlive) return { stage: 'running' };
  return { stage: existsSync(files.begun) ? 'cut-off' : 'waiting' };
}

function shellIn(begun: string | undefined): ProcessIdentity | undefined {
  const [, pid, start] = /^pid=(\d+)\nstart=(.+)\n/.exec(begun ?? '') ?? [];
  return pid === undefined || start === undefined ? undefined : { ...here(), pid: Number(pid), start };
}

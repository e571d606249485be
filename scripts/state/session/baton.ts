import { anIdentity } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { liveness, ownIdentity } from '../../process/identity.ts';
import { removeIfAny, writeOnce } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';

/**
 * Runs `work` as the only one of its kind, or not at all: by a file that names who is at it. Who is dead holds nobody up. For
 * what may be done twice in the worst case (two find the same dead one), and which nobody needs to wait for. Returns whether
 * it was done.
 */
export async function withBaton(file: string, work: () => Promise<void>): Promise<boolean> {
  if (!take(file)) return false;
  try {
    await work();
  } finally {
    removeIfAny(file);
  }
  return true;
}

function take(file: string): boolean {
  const holder = readOwnJson(file, (value) => anIdentity(value, 'baton'));
  if (holder && liveness(holder) !== 'dead') return false;
  removeIfAny(file);
  try {
    return writeOnce(file, `${JSON.stringify(ownIdentity())}\n`, { durable: false });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false; // a sweep has removed all that it would be for
    throw error;
  }
}

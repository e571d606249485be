import { statfsSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';
import type { Room } from '../../domain/workspace/disk-warnings.ts';

/** What an ordinary user can still write below `directory`; null where the file system does not say. */
export function roomAt(directory: string): Room | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    return blocks === 0 ? null : { available: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null; // not there yet, or not ours to ask: a warning is all that is lost
  }
}

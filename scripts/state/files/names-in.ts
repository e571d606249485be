import { type Dir, opendirSync, readdirSync } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';

/** The names in a directory; none where it is not there. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Some of them, at most `limit`, whichever come first, however many there are. */
export function someNamesIn(directory: string, limit: number): string[] {
  let open: Dir;
  try {
    open = opendirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
  const names: string[] = [];
  try {
    for (let entry = open.readSync(); entry && names.length < limit; entry = open.readSync())
      names.push(entry.name);
  } finally {
    open.closeSync();
  }
  return names;
}

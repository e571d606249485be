import { readdirSync } from 'node:fs';
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

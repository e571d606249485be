import { Malformed, UnknownName } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { readOwnFileIfAny } from './durable.ts';
import { warnOnce } from './warnings.ts';

/** A small file of ours, or null where there is none; a damaged one, and a newer version's, is passed over, and said aloud. */
export function readOwnJson<T>(file: string, parse: (value: unknown) => T): T | null {
  try {
    const text = readOwnFileIfAny(file);
    return text === undefined ? null : parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof UnknownName) {
      warnOnce(`${file} was passed over: ${error.message}. Update codex-companion.`);
      return null;
    }
    if (error instanceof Malformed || error instanceof SyntaxError || systemCode(error) === 'EISDIR') {
      warnOnce(
        `${file} is damaged and was passed over: ${error instanceof Error ? error.message : String(error)}.`,
      );
      return null;
    }
    throw error;
  }
}

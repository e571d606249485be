import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { clip } from '../../domain/text/clip.ts';
import { readOwnFileIfAny, removeIfAny, writeWhole } from '../files/durable.ts';

/**
 * What a session's user has been shown by our own hand, and its model has not seen: the file `shown` of its directory, which
 * hooks/session-hook.sh looks for. A crash of the machine may lose it.
 */
const NAME = 'shown';

/** Characters that a model is told of it, at most. */
const LIMIT = 1_500;

/** @param session the session's own directory, which exists */
export function keepShown(session: string, text: string): void {
  const file = join(session, NAME);
  const before = readOwnFileIfAny(file) ?? '';
  // What was looked at last is what the user speaks of.
  writeWhole(file, before.length + text.length <= LIMIT ? before + text : clip(text, LIMIT));
}

/** Taken by one teller alone; undefined where nothing was shown since. */
export function takeShown(session: string): string | undefined {
  const taken = join(session, `${NAME}.${process.pid}`);
  try {
    renameSync(join(session, NAME), taken);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const text = readOwnFileIfAny(taken);
  removeIfAny(taken);
  return text;
}

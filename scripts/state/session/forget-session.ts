import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isDoneWith } from '../../domain/session/standing.ts';
import { removeIfAny } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { removeIfEmpty, removeTree } from '../files/remove.ts';
import { clientsOf, readNote, removeDeadBells } from './clients.ts';
import { sessionDirectories } from './directories.ts';
import { removeDoorbell } from './doorbell.ts';
import { hasNotes } from './owned-jobs.ts';
import { removeTickets } from './tickets.ts';

/** Is a session that is owed nothing of no use to anybody any more? */
export function isForgettable(directory: string): boolean {
  const clients = clientsOf(directory);
  const lastStart = readNote(directory)?.startedAt;
  if (clients.length > 0 || lastStart)
    return isDoneWith(clients, lastStart ? Date.now() - Date.parse(lastStart) : 0);
  // It has begun at this moment, or nothing that can be read is known of it.
  const changed = statSync(directory, { throwIfNoEntry: false })?.mtimeMs;
  return changed !== undefined && isDoneWith([], Date.now() - changed);
}

/**
 * Removes what is known of a session, where nobody is to come for it any more; not what is written at this moment, nor the directory with it. Others may
 * do the same meanwhile, and the session may come back: what that writes has names of its own, or is written again.
 */
export function removeSession(directory: string): void {
  const names = namesIn(directory).filter((name) => !KEPT.includes(name));
  const clients = clientsOf(directory);
  if (hasNotes(directory) || !isForgettable(directory)) return;
  removeDeadBells(clients);
  removeTickets(directory);
  removeTree(join(directory, 'former'));
  // The marks of an end last: nobody is to find a client without its own.
  const marks = names.filter((name) => name.startsWith('ended'));
  for (const name of [...names.filter((one) => !marks.includes(one)), ...marks])
    removeIfAny(join(directory, name));
  for (const empty of [...PLACES.map((place) => join(directory, place)), directory]) removeIfEmpty(empty);
}

/** Doorbells that no session's client has: their sessions went in another way than ours. One that is just hung up is young. */
export function removeStrayBells(root: string): void {
  const bells = join(root, 'bells');
  const hung = namesIn(bells).map((name) => join(bells, name));
  if (hung.length === 0) return;
  const wanted = new Set(sessionDirectories(root).flatMap((one) => clientsOf(one).map(({ bell }) => bell)));
  for (const bell of hung) {
    const stat = statSync(bell, { throwIfNoEntry: false });
    if (stat && !wanted.has(bell) && Date.now() - stat.mtimeMs > STRAY_AFTER_MS) removeDoorbell(bell);
  }
}

/** Milliseconds: a day. */
const STRAY_AFTER_MS = 86_400_000;

const PLACES = ['jobs', 'owed'];
const KEPT = [...PLACES, 'tickets', 'former'];

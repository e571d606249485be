import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../../process/environment.ts';
import { removeLitter } from '../../state/litter.ts';
import { ring } from '../../state/session/clients.ts';
import { hasMoreSessionsThan, sessionDirectories, someSessions } from '../../state/session/directories.ts';
import { removeSession, removeStrayBells } from '../../state/session/forget-session.ts';
import { removeLatestOfDead } from '../../state/session/latest.ts';
import { enterUnnoted, leaveUnowned, notedFor, notedIn } from '../../state/session/noted.ts';
import { hasNotes } from '../../state/session/owned-jobs.ts';
import { standingOf } from '../../state/session/session-record.ts';
import { askersOfDue, settleUncarried, tidyNotes } from '../notices/owed.ts';
import { queueNotices } from '../notices/tellers/queue-notices.ts';
import { orPassOver, orPassOverLater } from '../reading/one-of-many.ts';

/** So many sessions are looked at together; where there are more, those that it is about and some of the others. */
const SOME = 50;

/** All of many are looked at so often. Milliseconds. */
const ALL_AFTER_MS = 3_600_000;

/**
 * Of sessions: rings for what is due and was not told (who was to ring may have been killed), drops what nobody will ever come
 * for, and removes what is known of sessions that are over and owed nothing, and of clients that are gone. Of all sessions where they
 * are few, where it is asked for, and once an hour; else of those with notes of `places` (directories of workspaces), and of some.
 */
export async function seeToSessions(
  root: string,
  { places, all = false }: { places: readonly string[]; all?: boolean },
): Promise<void> {
  const isWhole = all || !areCrowded(root) || isDue(root);
  const sessions = isWhole
    ? sessionDirectories(root)
    : [...new Set([...notedFor(notedIn(root), places), ...someSessions(root, SOME)])];
  orPassOver(root, () => settleUncarried(root, sessions));
  for (const session of sessions) await orPassOverLater(session, () => remind(root, session));
  if (!isWhole) return;
  orPassOver(root, () => removeStrays(root));
  if (areCrowded(root)) orPassOver(root, () => writeFileSync(seenFile(root), '', { mode: 0o600 }));
}

/** Are there more sessions than are looked at together, and was that long ago? */
export function sessionsAreDue(root: string): boolean {
  return areCrowded(root) && isDue(root);
}

function areCrowded(root: string): boolean {
  return hasMoreSessionsThan(root, SOME);
}

async function remind(root: string, session: string): Promise<void> {
  enterUnnoted(session);
  if (hasNotes(session)) tidyNotes(root, session);
  if (!hasNotes(session)) removeSession(session);
  else if (standingOf(session) !== 'over') {
    const askers = askersOfDue(root, session);
    for (const asker of askers) ring(session, asker);
    if (askers.length > 0) await queueNotices(session, readEnvironment());
  }
}

/** What killed processes have left, doorbells and notes of clients that are gone, sessions on the list that own nothing; and litter. */
function removeStrays(root: string): void {
  removeStrayBells(root);
  removeLatestOfDead(root);
  leaveUnowned(root, hasNotes);
  removeLitter(root);
}

/** Empty; its time is when all of many sessions were looked at last, and remained many. */
const seenFile = (root: string) => join(root, 'sessions-seen');

function isDue(root: string): boolean {
  const last = statSync(seenFile(root), { throwIfNoEntry: false })?.mtimeMs;
  return last === undefined || Math.abs(Date.now() - last) > ALL_AFTER_MS;
}

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_NAMES } from '../../domain/base/hosts.ts';
import { readOwnFileIfAny } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { notedIds, noteOf } from './owned-jobs.ts';

/** The directories of all sessions that this user has a note of; those of a host that only a newer version knows are its affair. */
export function sessionDirectories(root: string): string[] {
  return namesIn(join(root, 'sessions'))
    .filter((name) => HOST_NAMES.some((host) => name.startsWith(`${host}-`)))
    .map((name) => join(root, 'sessions', name));
}

export function otherSessions(root: string, directory: string): string[] {
  return sessionDirectories(root).filter((other) => other !== directory);
}

/** A start looks at so many sessions, the latest, and at as many more that seem to be its affair; sweeps see to the others. */
const LOOKED_AT = 50;

export function sessionsToLookAt(root: string, directory: string, places: readonly string[]): string[] {
  const others = otherSessions(root, directory);
  if (others.length <= LOOKED_AT) return others;
  // Its clients' notes, bells and ends come and go in it.
  const dated = others.map((other) => ({
    other,
    at: statSync(other, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  const sorted = dated.sort((a, b) => b.at - a.at).map(({ other }) => other);
  const ours: string[] = [];
  for (const other of sorted.slice(LOOKED_AT)) {
    if (ours.length >= LOOKED_AT) break;
    if (mayBeOwedIn(other, places)) ours.push(other);
  }
  return [...sorted.slice(0, LOOKED_AT), ...ours];
}

/** Cheaper than to find out. */
function mayBeOwedIn(directory: string, places: readonly string[]): boolean {
  const { jobs, owed } = notedIds(directory);
  const [id] = [...owed, ...jobs];
  if (id === undefined) return false;
  const text = readOwnFileIfAny(join(directory, 'session.json')) ?? '';
  const job = noteOf(directory, id)?.workspaceDirectory ?? '';
  return places.some((place) => job === place || text.includes(JSON.stringify(place)));
}

/** Are there more sessions than a start looks at? */
export function isCrowded(root: string): boolean {
  return sessionDirectories(root).length > LOOKED_AT;
}

import { join } from 'node:path';
import { HOST_NAMES } from '../../domain/base/hosts.ts';
import { namesIn, someNamesIn } from '../files/names-in.ts';

/** The directories of all sessions that this user has a note of; those of a host that only a newer version knows are its affair. */
export function sessionDirectories(root: string): string[] {
  return namesIn(join(root, 'sessions'))
    .filter(isOurs)
    .map((name) => join(root, 'sessions', name));
}

function isOurs(name: string): boolean {
  return HOST_NAMES.some((host) => name.startsWith(`${host}-`));
}

/** Some of them, whichever come first, however many there are. */
export function someSessions(root: string, limit: number): string[] {
  return someNamesIn(join(root, 'sessions'), limit)
    .filter(isOurs)
    .map((name) => join(root, 'sessions', name));
}

export function hasMoreSessionsThan(root: string, limit: number): boolean {
  return someNamesIn(join(root, 'sessions'), limit + 1).length > limit;
}

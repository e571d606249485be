import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import {
  createPrivateDirectory,
  makePrivateDirectory,
  notWritable,
  readOwnFileIfAny,
  removeIfAny,
} from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { removeTree } from '../files/remove.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { sessionDirectories } from './directories.ts';

/**
 * Which sessions own jobs or are owed notices, by workspace: `noted/HASH.SESSION` in the root, where HASH is the end of the
 * workspace's name. It holds the workspace's root, as far as that was known. So a hook finds what is its affair by one list of
 * what is owed, however many sessions there are or were. A file may stand for a session that has no note any more; a note without
 * its file, which only a release before this index leaves behind, is found by the daily look at all sessions.
 */

const placeOf = (root: string) => join(root, 'noted');

/** Of a workspace, by its directory of state: the hash at the end of its name. */
const hashOf = (workspaceDirectory: string) => basename(workspaceDirectory).slice(-16);

const fileOf = (session: string, workspaceDirectory: string) =>
  join(placeOf(dirname(dirname(session))), `${hashOf(workspaceDirectory)}.${basename(session)}`);

export interface NotedSession {
  /** the session's own */
  directory: string;
  /** of the workspace */
  hash: string;
  file: string;
}

/** Before the note itself is made, and once more after it: one whose last note goes meanwhile takes the file with it. */
export function enterNoted(
  session: string,
  workspace: Pick<WorkspaceLayout, 'directory' | 'workspaceRoot'>,
): void {
  const file = fileOf(session, workspace.directory);
  if (existsSync(file)) return;
  ensureNoted(dirname(dirname(session)));
  put(file, workspace.workspaceRoot);
}

function put(file: string, content: string): void {
  try {
    writeFileSync(file, content, { mode: 0o600 });
    chmodSync(file, 0o600); // a umask may take the owner's rights, too
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** The session has no note any more. `stillHas` is asked once more afterwards: one may have come meanwhile. */
export function leaveNoted(session: string, stillHas: () => boolean): void {
  remove(
    notedIn(dirname(dirname(session))).filter(({ directory }) => directory === session),
    stillHas,
  );
}

/** The same of all that have none, in one reading of the list. */
export function leaveUnowned(root: string, hasNotes: (session: string) => boolean): void {
  for (const one of notedIn(root)) if (!hasNotes(one.directory)) remove([one], () => hasNotes(one.directory));
}

function remove(own: NotedSession[], stillHas: () => boolean): void {
  const held = own.map(({ file }) => ({ file, content: readOwnFileIfAny(file) ?? '' }));
  for (const { file } of held) removeIfAny(file);
  if (stillHas()) for (const { file, content } of held) put(file, content);
}

/** All that is listed, in no order. */
export function notedIn(root: string): NotedSession[] {
  const place = placeOf(root);
  return namesIn(place).flatMap((name) => {
    const dot = name.indexOf('.');
    if (dot <= 0) return [];
    const directory = join(root, 'sessions', name.slice(dot + 1));
    return [{ directory, hash: name.slice(0, dot), file: join(place, name) }];
  });
}

/** The sessions with notes of these workspaces (by directory of state), those that had one first the latest before. */
export function notedFor(noted: readonly NotedSession[], places: readonly string[]): string[] {
  const hashes = new Set(places.map(hashOf));
  const dated = noted
    .filter(({ hash }) => hashes.has(hash))
    .map((one) => ({ ...one, at: statSync(one.file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  return [...new Set(dated.sort((a, b) => b.at - a.at).map(({ directory }) => directory))];
}

/** The sessions of up to `limit` other workspaces whose directory has gone, or is not known. */
export function notedNowhere(
  noted: readonly NotedSession[],
  places: readonly string[],
  limit: number,
): string[] {
  const own = places.map(hashOf);
  const isGone = new Map<string, boolean>();
  return noted.flatMap(({ hash, directory, file }) => {
    if (own.includes(hash) || (!isGone.has(hash) && isGone.size >= limit)) return [];
    if (!isGone.has(hash)) {
      const workspaceRoot = readOwnFileIfAny(file);
      isGone.set(hash, !workspaceRoot || !existsSync(workspaceRoot));
    }
    return isGone.get(hash) ? [directory] : [];
  });
}

/** The index as a release before it would have left it: made from what lies in the sessions' directories, once. */
export function ensureNoted(root: string): void {
  const place = placeOf(root);
  if (existsSync(place)) return;
  makePrivateDirectory(root);
  const aside = `${place}.${process.pid}.${randomBytes(6).toString('hex')}`;
  createPrivateDirectory(aside);
  try {
    for (const session of sessionDirectories(root))
      for (const workspaceDirectory of workspacesOf(session))
        put(join(aside, basename(fileOf(session, workspaceDirectory))), '');
    renameSync(aside, place);
  } catch (error) {
    removeTree(aside);
    // Somebody else has made it meanwhile.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw notWritable(place, error);
  }
}

/** Of one session, what a release before the index has left out. */
export function enterUnnoted(session: string): void {
  for (const directory of workspacesOf(session)) enterNoted(session, { directory, workspaceRoot: '' });
}

function workspacesOf(session: string): string[] {
  const notes = ['jobs', 'owed'].flatMap((kind) =>
    namesIn(join(session, kind)).map((id) => join(session, kind, id)),
  );
  return [...new Set(notes.flatMap((note) => readOwnFileIfAny(note) ?? []))];
}

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { anIdentity, aRecord, aString, orNull } from '../../domain/base/check.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { replaces, type Standing, standingFrom } from '../../domain/session/standing.ts';
import { liveness } from '../../process/identity.ts';
import { makePrivateDirectory, readOwnFileIfAny, removeIfAny, writeOnce } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { wasSaid } from '../job/notice-files.ts';
import { hasMainRepository, removedWorktrees } from '../worktrees.ts';
import type { SessionNote } from './client-note.ts';
import { clientsOf, markEnded, type SessionClient } from './clients.ts';
import { isForgettable } from './forget-session.ts';
import { markedHeirs, markHeir } from './heir-marks.ts';
import { hasNotes, notesOf, type OwnedJob } from './owned-jobs.ts';

/**
 * Which session takes the notices of which: a pointer for each in `former/` of the heir's directory. By the marks in the former's
 * (heir-marks.ts) its heirs are found.
 */

/** A session whose notices another one takes, and for which workspace's jobs; null: for all. */
export interface Former {
  directory: string;
  workspaceDirectory: string | null;
}

export function formerSessions(directory: string): Former[] {
  const former = join(directory, 'former');
  return namesIn(former).map((name) => {
    const note = readOwnJson(join(former, name), (value) =>
      aString(aRecord(value, 'former').of, 'former.of'),
    );
    return { directory: join(dirname(directory), name), workspaceDirectory: note || null };
  });
}

/** The sessions, by directory, that take this one's notices: itself first. */
export function heirsOf(directory: string): string[] {
  const isHeir = (other: string) => existsSync(join(other, 'former', basename(directory)));
  return [directory, ...markedHeirs(directory).filter(isHeir)];
}

/** They are owed nothing more: what a session carries stays as small as that is, however long it goes on. */
export function forgetSettledFormers(directory: string): void {
  for (const former of formerSessions(directory))
    if (!hasNotes(former.directory)) removeIfAny(join(directory, 'former', basename(former.directory)));
}

export function removedIn(
  root: string,
  { workspaceDirectory }: Pick<SessionNote, 'workspaceDirectory'>,
): string[] {
  return removedWorktrees(root, workspaceDirectory).map(({ directory }) => directory);
}

/**
 * `done with`: the other one is over and owed nothing.
 * @param places the directories of the workspaces whose notices are this one's affair: its own, and those of removed worktrees
 */
export function handOver(
  other: string,
  heir: string,
  note: SessionNote,
  places: readonly string[],
): 'done with' | 'kept' {
  // This session has come back: it takes its own.
  removeIfAny(join(other, 'former', basename(heir)));
  const clients = clientsOf(other);
  const before = clients.filter((one) => one.note);
  const replaced = before.find((one) => one.note && replaces(note, one.note));
  if (replaced && !replaced.ended) markEnded(other, replaced.client);
  if (!hasNotes(other)) return isForgettable(other) ? 'done with' : 'kept';
  if (standingWithAskers(other, replaced ? clientsOf(other) : clients) !== 'over') return 'kept';
  const all = replaced || before.some((one) => one.note && places.includes(one.note.workspaceDirectory));
  const notes = all ? [] : notesOf(other);
  const place = places.find((one) => notes.some(({ workspaceDirectory }) => workspaceDirectory === one));
  if (all || isStranded(before, notes)) adopt(heir, other, '');
  else if (place !== undefined) adopt(heir, other, place);
  return 'kept';
}

/** So many notes tell where a session's jobs were. */
const SAMPLE = 10;

/**
 * A session whose directories have all gone, with no repository to which they fall: nobody would ever start where its heirs do, so
 * that any session is its heir, until one has been told.
 */
function isStranded(clients: readonly SessionClient[], notes: readonly OwnedJob[]): boolean {
  const sample = notes.slice(0, SAMPLE);
  const isNowhere = ({ id, workspaceDirectory }: OwnedJob) => {
    const root = rootOf(id, workspaceDirectory);
    return root !== null && !existsSync(root) && !hasMainRepository(workspaceDirectory);
  };
  const isOfThese = (directory: string) =>
    notes.some(({ workspaceDirectory }) => workspaceDirectory === directory);
  return (
    sample.length > 0 &&
    sample.every(isNowhere) &&
    clients.every(({ note }) => !note || isOfThese(note.workspaceDirectory)) &&
    sample.some(({ id, workspaceDirectory }) => !wasSaid(jobIn(workspaceDirectory, id), 1))
  );
}

function jobIn(workspaceDirectory: string, id: string): string {
  return join(workspaceDirectory, 'jobs', id);
}

function rootOf(id: string, workspaceDirectory: string): string | null {
  return readOwnJson(join(jobIn(workspaceDirectory, id), 'request.json'), (value) =>
    aString(aRecord(value, 'request').workspaceRoot, 'request.workspaceRoot'),
  );
}

/** Also of a session that no hook told of: by the clients that asked for its jobs. */
function standingWithAskers(directory: string, noted: readonly SessionClient[]): Standing {
  const standing = standingFrom(noted);
  if (standing !== 'unknown') return standing;
  const askers = notesOf(directory).flatMap((note) => askerOf(note) ?? []);
  return standingFrom([
    ...noted,
    ...askers.map((client) => ({ client, life: liveness(client), ended: false })),
  ]);
}

function askerOf({ id, workspaceDirectory }: OwnedJob): ProcessIdentity | null {
  return readOwnJson(join(jobIn(workspaceDirectory, id), 'request.json'), (value) => {
    const { origin } = aRecord(value, 'request');
    return orNull(anIdentity)(aRecord(origin, 'origin').client, 'origin.client');
  });
}

function adopt(heir: string, former: string, workspaceDirectory: string): void {
  const place = join(heir, 'former');
  const file = join(place, basename(former));
  const content = `${JSON.stringify({ of: workspaceDirectory })}\n`;
  // Before the pointer: an heir that nobody finds is not rung for.
  markHeir(former, heir);
  if (readOwnFileIfAny(file) === content) return;
  makePrivateDirectory(place);
  removeIfAny(file);
  // A start has no time for fifty syncs.
  writeOnce(file, content, { durable: false });
}

import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { anIdentity, aRecord, aString, orNull } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { HOST_NAMES, HOST_TRAITS } from '../../domain/base/hosts.ts';
import { type ProcessIdentity, sameProcess } from '../../domain/base/identity.ts';
import type { Origin } from '../../domain/job/job.ts';
import {
  clientStanding,
  isDoneWith,
  replaces,
  type Standing,
  standingFrom,
  type WhyOver,
  whyOver,
} from '../../domain/session/standing.ts';
import type { SessionRecord } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import { makePrivateDirectory, readOwnFileIfAny, removeIfAny, writeOnce } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { removeIfEmpty, removeTree } from '../files/remove.ts';
import { wasSaid } from '../job/notice-files.ts';
import { sessionDirectory } from '../layout.ts';
import { hasMainRepository, removedWorktrees } from '../worktrees.ts';
import type { SessionNote } from './client-note.ts';
import {
  clientsOf,
  markEnded,
  noteClient,
  readNote,
  removeDeadBells,
  type SessionClient,
} from './clients.ts';
import { removeDoorbell } from './doorbell.ts';
import { hasNotes, notedIds, noteOf, notesOf, type OwnedJob, type SessionName } from './owned-jobs.ts';
import { removeTickets } from './tickets.ts';

/**
 * What is known of a session apart from its jobs, in the same directory: its clients (clients.ts), and in `former/` the
 * sessions before it whose notices it takes, a file each that says for which workspace (empty: all).
 */

/**
 * Registers the start or the return of a session, and hands over to it what sessions before it are still owed. Returns
 * the directory that its client is to watch; undefined where it cannot be woken.
 */
export function openSession(
  root: string,
  session: SessionName,
  note: Omit<SessionNote, 'host' | 'sessionId'>,
  wakeable: boolean,
): string | undefined {
  const directory = sessionDirectory(root, session.host, session.sessionId);
  const full = { ...session, ...note };
  for (let tries = OPENING_TRIES; ; tries--) {
    try {
      makePrivateDirectory(directory);
      full.transcriptPath ??= readNote(directory)?.transcriptPath ?? null;
      const bell = noteClient(root, directory, full, wakeable);
      forgetSettledFormers(directory);
      const places = [note.workspaceDirectory, ...removedIn(root, note)];
      const others = sessionsToLookAt(root, directory, places);
      const done = others.filter((other) => handOver(other, directory, full, places) === 'done with');
      for (const other of done.slice(0, REMOVALS)) removeSession(other);
      if (tries <= 0 || isNoted(directory, full)) return bell;
    } catch (error) {
      // A sweep takes it for over and removes it at this moment.
      if (systemCode(error) !== 'ENOENT' || tries <= 0) throw error;
    }
  }
}

/** A start looks at so many sessions, the latest, and at as many more that seem to be its affair; sweeps see to the others. */
const LOOKED_AT = 50;

function sessionsToLookAt(root: string, directory: string, places: readonly string[]): string[] {
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

/** They are owed nothing more: what a session carries stays as small as that is, however long it goes on. */
function forgetSettledFormers(directory: string): void {
  for (const former of formerSessions(directory))
    if (!hasNotes(former.directory)) removeIfAny(join(directory, 'former', basename(former.directory)));
}

const OPENING_TRIES = 5;
/** A start has little time; sweeps remove the rest. */
const REMOVALS = 10;

function isNoted(directory: string, { client, startedAt }: SessionNote): boolean {
  return clientsOf(directory).some(
    (one) => one.note?.startedAt === startedAt && one.note.client?.pid === client?.pid && !one.ended,
  );
}

export function standingOf(directory: string): Standing {
  return standingFrom(clientsOf(directory));
}

/** Is the session over for a foreground job that was asked for from it? Null while it may go on. */
export function whyOverFor(root: string, { host, sessionId, client }: Origin): WhyOver | null {
  return whyOver(client, client && liveness(client), clientsOf(sessionDirectory(root, host, sessionId)));
}

/** Is a session that a workspace has on record over? Also by that record: no hook need have told of it. */
export function isOverOnRecord(root: string, { host, id, client, endedAt }: SessionRecord): boolean {
  const noted = clientsOf(sessionDirectory(root, host, id));
  const others = noted.filter((one) => !client || !one.client || !sameProcess(one.client, client));
  const own = noted.find((one) => !others.includes(one));
  const ended = endedAt !== null || own?.ended === true;
  const recorded = { client, life: client && liveness(client), ended };
  return standingFrom([...others, recorded]) === 'over';
}

/**
 * A session that hears of its host's queue: not one that is over, that answers one prompt and goes (no doorbell), or that
 * no hook of ours has registered, as the threads that we delegate to Codex ourselves.
 */
export function queueableSession(directory: string): SessionNote | null {
  const client = clientsOf(directory).find(
    (one) =>
      one.note &&
      HOST_TRAITS[one.note.host].wokenBy === 'queue' &&
      one.bell !== undefined &&
      clientStanding(one) === 'open',
  );
  return client?.note ?? null;
}

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

/** The directories of all sessions that this user has a note of; those of a host that only a newer version knows are its affair. */
export function sessionDirectories(root: string): string[] {
  return namesIn(join(root, 'sessions'))
    .filter((name) => HOST_NAMES.some((host) => name.startsWith(`${host}-`)))
    .map((name) => join(root, 'sessions', name));
}

/** The sessions, by directory, that take this one's notices: itself first. */
export function heirsOf(root: string, directory: string): string[] {
  const heirs = otherSessions(root, directory).filter((other) =>
    existsSync(join(other, 'former', basename(directory))),
  );
  return [directory, ...heirs];
}

function otherSessions(root: string, directory: string): string[] {
  return sessionDirectories(root).filter((other) => other !== directory);
}

function removedIn(root: string, { workspaceDirectory }: Pick<SessionNote, 'workspaceDirectory'>): string[] {
  return removedWorktrees(root, workspaceDirectory).map(({ directory }) => directory);
}

/**
 * `done with`: the other one is over and owed nothing.
 * @param places the directories of the workspaces whose notices are this one's affair: its own, and those of removed worktrees
 */
function handOver(
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
  if (readOwnFileIfAny(file) === content) return;
  makePrivateDirectory(place);
  removeIfAny(file);
  // A start has no time for fifty syncs.
  writeOnce(file, content, { durable: false });
}

/** Is a session that is owed nothing of no use to anybody any more? */
function isForgettable(directory: string): boolean {
  const clients = clientsOf(directory);
  const lastStart = readNote(directory)?.startedAt;
  return clients.length > 0 && isDoneWith(clients, lastStart ? Date.now() - Date.parse(lastStart) : 0);
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

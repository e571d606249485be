import { existsSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { anIdentity, aRecord, aString, aTimestamp, orNull } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { aHostName, HOST_NAMES, HOST_TRAITS, type HostName } from '../../domain/base/hosts.ts';
import { type ProcessIdentity, sameProcess } from '../../domain/base/identity.ts';
import type { Timestamp } from '../../domain/job/job.ts';
import { liveness } from '../../process/identity.ts';
import { makePrivateDirectory, removeIfAny, writeDurably } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { sessionDirectory } from '../layout.ts';
import { hangDoorbell, hasDoorbell, removeDoorbell, takeDoorbellOff } from './doorbell.ts';
import { hasNotes, notesOf, type OwnedJob, type SessionName } from './owned-jobs.ts';
import { removeTickets } from './tickets.ts';

/**
 * What is known of a session apart from its jobs, in the same directory: `session.json` from its start, `ended` from
 * its end (an empty file, written by the hook's sh), the doorbell, and in `former/` the sessions before it whose
 * notices it takes, a file each that says for which workspace (empty: all).
 */
export interface SessionNote {
  host: HostName;
  sessionId: string;
  client: ProcessIdentity | null;
  workspaceDirectory: string;
  startedAt: Timestamp;
  /** the host's own record of the session, where receipts stand; null where it named none */
  transcriptPath: string | null;
  /** of Codex: CODEX_HOME, absolute */
  codexHome: string | null;
  /** of Codex: the file that the client runs, where that can be seen */
  program: string | null;
}

/** `unknown`: it was never registered, or its client cannot be seen from here. */
export type Standing = 'open' | 'over' | 'unknown';

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
  makePrivateDirectory(directory);
  const full = { ...session, ...note };
  writeDurably(join(directory, 'session.json'), `${JSON.stringify(full)}\n`);
  removeIfAny(join(directory, 'ended'));
  for (const other of otherSessions(root, directory)) handOver(other, directory, full);
  if (wakeable) return hangDoorbell(root, directory, note.client);
  takeDoorbellOff(directory);
  return undefined;
}

export function standingOf(directory: string): Standing {
  if (existsSync(join(directory, 'ended'))) return 'over';
  const client = readNote(directory)?.client;
  if (!client) return 'unknown';
  const life = liveness(client);
  return life === 'unprovable' ? 'unknown' : life === 'alive' ? 'open' : 'over';
}

/**
 * A session that hears of its host's queue: not one that is over, that answers one prompt and goes (no doorbell), or that
 * no hook of ours has registered, as the threads that we delegate to Codex ourselves.
 */
export function queueableSession(directory: string): SessionNote | null {
  if (!hasDoorbell(directory)) return null;
  const note = readNote(directory);
  if (!note || HOST_TRAITS[note.host].wokenBy !== 'queue') return null;
  return standingOf(directory) === 'open' ? note : null;
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

function handOver(other: string, heir: string, note: SessionNote): void {
  // This session has come back: it takes its own.
  removeIfAny(join(other, 'former', basename(heir)));
  const before = readNote(other);
  const replaced = before !== null && replaces(note, before);
  if (replaced && !existsSync(join(other, 'ended'))) markEnded(other);
  if (!hasNotes(other)) {
    if (standingOf(other) === 'over') removeSession(other);
    return;
  }
  if (!isOver(other)) return;
  const all = replaced || before?.workspaceDirectory === note.workspaceDirectory;
  if (all) adopt(heir, other, '');
  else if (notesOf(other).some((one) => one.workspaceDirectory === note.workspaceDirectory))
    adopt(heir, other, note.workspaceDirectory);
}

/** Of a host with one conversation at a time, in the same process: the former is over, even if its end was not heard. */
function replaces(note: SessionNote, before: SessionNote): boolean {
  if (before.host !== note.host || HOST_TRAITS[note.host].sessionsPerProcess === 'many') return false;
  return note.client !== null && before.client !== null && sameProcess(note.client, before.client);
}

function isOver(directory: string): boolean {
  const standing = standingOf(directory);
  return standing === 'over' || (standing === 'unknown' && notesOf(directory).some(nobodyIsThere));
}

/** A session that no hook told of: its client, if it is known, is dead. */
function nobodyIsThere({ id, workspaceDirectory }: OwnedJob): boolean {
  const client = readOwnJson(join(workspaceDirectory, 'jobs', id, 'request.json'), (value) => {
    const { origin } = aRecord(value, 'request');
    return orNull(anIdentity)(aRecord(origin, 'origin').client, 'origin.client');
  });
  return client !== null && liveness(client) === 'dead';
}

function adopt(heir: string, former: string, workspaceDirectory: string): void {
  const place = join(heir, 'former');
  makePrivateDirectory(place);
  writeDurably(join(place, basename(former)), `${JSON.stringify({ of: workspaceDirectory })}\n`);
}

/** To be called where the session's directory exists; the sh of Claude Code's hooks does it by itself. */
export function markEnded(directory: string): void {
  writeFileSync(join(directory, 'ended'), '', { mode: 0o600 });
}

/** Removes what is known of a session; not a note that is written at this moment, nor the directory with it. */
export function removeSession(directory: string): void {
  const client = readNote(directory)?.client;
  if (!client || liveness(client) === 'dead') removeDoorbell(directory);
  removeTickets(directory);
  rmSync(join(directory, 'former'), { recursive: true, force: true });
  for (const file of namesIn(directory)) if (!PLACES.includes(file)) unlinkSync(join(directory, file));
  for (const empty of [...PLACES.map((place) => join(directory, place)), directory]) {
    try {
      rmdirSync(empty);
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
    }
  }
}

const PLACES = ['jobs', 'owed'];

/** What the session's start told of it; null for one that no hook registered. */
export function readNote(directory: string): SessionNote | null {
  return readOwnJson(join(directory, 'session.json'), (value) => {
    const record = aRecord(value, 'session');
    return {
      host: aHostName(record.host, 'session.host'),
      sessionId: aString(record.sessionId ?? '', 'session.sessionId'),
      client: orNull(anIdentity)(record.client, 'session.client'),
      workspaceDirectory: aString(record.workspaceDirectory, 'session.workspaceDirectory'),
      startedAt: aTimestamp(record.startedAt, 'session.startedAt'),
      transcriptPath: orNull(aString)(record.transcriptPath ?? null, 'session.transcriptPath'),
      codexHome: orNull(aString)(record.codexHome ?? null, 'session.codexHome'),
      program: orNull(aString)(record.program ?? null, 'session.program'),
    };
  });
}

import { systemCode } from '../../domain/base/errors.ts';
import { HOST_TRAITS } from '../../domain/base/hosts.ts';
import { sameProcess } from '../../domain/base/identity.ts';
import type { Origin } from '../../domain/job/job.ts';
import {
  clientStanding,
  type Standing,
  standingFrom,
  type WhyOver,
  whyOver,
} from '../../domain/session/standing.ts';
import type { SessionRecord } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import { makePrivateDirectory } from '../files/durable.ts';
import { sessionDirectory } from '../layout.ts';
import type { SessionNote } from './client-note.ts';
import { clientsOf, noteClient, readNote } from './clients.ts';
import { sessionDirectories, someSessions } from './directories.ts';
import { removeSession } from './forget-session.ts';
import { markedHeirs } from './heir-marks.ts';
import { forgetSettledFormers, handOver, removedIn } from './heirs.ts';
import { latestOf, noteLatest, notesLatest } from './latest.ts';
import { ensureNoted, notedFor, notedIn, notedNowhere } from './noted.ts';
import type { SessionName } from './owned-jobs.ts';

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
      const others = sessionsToLookAt(root, directory, full, places);
      const done = others.filter((other) => handOver(other, directory, full, places) === 'done with');
      for (const other of done.slice(0, REMOVALS)) removeSession(other);
      noteLatest(root, session, hasOneAtATime(full) ? full.client : null);
      if (tries <= 0 || isNoted(directory, full)) return bell;
    } catch (error) {
      // A sweep takes it for over and removes it at this moment.
      if (systemCode(error) !== 'ENOENT' || tries <= 0) throw error;
    }
  }
}

const OPENING_TRIES = 5;
/** A start has little time; sweeps remove the rest. */
const REMOVALS = 10;

/**
 * What is a start's affair: the session that its client had before, those that took this one's notices, and those with notes of its
 * workspaces or of none that is left; and some of the others, for what can be removed. However many there are: sweeps see to the rest.
 */
function sessionsToLookAt(
  root: string,
  directory: string,
  note: SessionNote,
  places: readonly string[],
): string[] {
  ensureNoted(root);
  const noted = notedIn(root);
  const before = note.client && hasOneAtATime(note) ? latestOf(root, note.client) : undefined;
  const found = notesLatest(root)
    ? [
        ...(before === undefined ? [] : [before]),
        ...markedHeirs(directory),
        ...notedFor(noted, places).slice(0, LOOKED_AT),
        ...notedNowhere(noted, places, LOOKED_AT).slice(0, LOOKED_AT),
        ...someSessions(root, SOME),
      ]
    : sessionDirectories(root);
  return [...new Set(found)].filter((other) => other !== directory);
}

const LOOKED_AT = 50;
const SOME = 20;

function hasOneAtATime({ host }: SessionNote): boolean {
  return HOST_TRAITS[host].sessionsPerProcess === 'one';
}

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

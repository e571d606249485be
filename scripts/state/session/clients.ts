import { existsSync, linkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { type ProcessIdentity, sameProcess } from '../../domain/base/identity.ts';
import { compareText } from '../../domain/base/order.ts';
import { clientStanding, type SeenClient } from '../../domain/session/standing.ts';
import { liveness, startTime } from '../../process/identity.ts';
import { readOwnFileIfAny, removeIfAny, writeDurably } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { safeName } from '../layout.ts';
import { readNoteAt, type SessionNote } from './client-note.ts';
import { doorbellAt, makeDoorbell, pull, removeDoorbell } from './doorbell.ts';

/**
 * The clients of a session, in its directory: each notes itself at the session's start, in files of its own, so that what
 * one of them ends or loses is not the other's. `client.KEY` is its note, `ended.KEY` its end of the session (empty, made
 * by the hook's sh), `bell.KEY` tells where its doorbell is. KEY is its pid and its start time, or `unseen`.
 *
 * Beside them `session.json` is the note and `bell` names the doorbell of one that has it open, the first of them; `ended`
 * says that all have ended it. Release 1.1.0, which knew of one client, wrote and reads these alone.
 */

/** A client as its session's directory tells of it, and as it lives or not. */
export interface SessionClient extends SeenClient {
  key: string;
  /** null where it is damaged, and where an end was heard of a session that nobody noted */
  note: SessionNote | null;
  /** the directory that it watches */
  bell: string | undefined;
}

const files = (directory: string, key: string) => ({
  note: join(directory, `client.${key}`),
  ended: join(directory, `ended.${key}`),
  bell: join(directory, `bell.${key}`),
});

const singleFiles = (directory: string) => ({
  note: join(directory, 'session.json'),
  ended: join(directory, 'ended'),
  bell: join(directory, 'bell'),
});

/** Stands for the key of the client that 1.1.0's hook noted. */
const SINGLE = 'single';

function keyOf(client: ProcessIdentity | null): string {
  return client ? `${client.pid}.${safeName(client.start)}` : 'unseen';
}

/** Every client that has noted itself, also one that 1.1.0's hook noted. */
export function clientsOf(directory: string): SessionClient[] {
  const clients = namesIn(directory).flatMap((name) => {
    const key = name.startsWith('client.') ? name.slice('client.'.length) : '';
    return KEY.test(key) ? [readClient(key, files(directory, key))] : [];
  });
  const single = readClient(SINGLE, singleFiles(directory));
  const isNoted = single.note && clients.some(({ key }) => key === keyOf(single.client));
  const isAlone = clients.length === 0 && (single.note !== null || single.ended);
  return isAlone || (single.note && !isNoted) ? [...clients, single] : clients;
}

/** Not what a writer has half written beside it. */
const KEY = /^(\d+\.[A-Za-z0-9][A-Za-z0-9-]*|unseen)$/;

function readClient(key: string, paths: ReturnType<typeof files>): SessionClient {
  // First: of one that is being removed, its end stays longest.
  const ended = existsSync(paths.ended);
  const note = readNoteAt(paths.note);
  const client = note?.client ?? null;
  const life = client && liveness(client);
  return { key, note, client, life, ended, bell: doorbellAt(paths.bell) };
}

/**
 * Notes that a client has the session open, and hangs up its doorbell where it is to be woken. Returns the directory that it is to
 * watch. To be repeated where the session's directory vanishes meanwhile.
 */
export function noteClient(
  root: string,
  directory: string,
  note: SessionNote,
  wakeable: boolean,
): string | undefined {
  carryOver(directory, note.client);
  forgetTheDead(directory);
  const own = files(directory, keyOf(note.client));
  const single = singleFiles(directory);
  writeDurably(own.note, `${JSON.stringify(note)}\n`);
  for (const { ended } of [own, single]) removeIfAny(ended);
  const first = readNoteAt(single.note)?.client;
  const isOpen = clientsOf(directory).some(
    (one) => first && one.client && sameProcess(one.client, first) && clientStanding(one) === 'open',
  );
  if (!isOpen || keyOf(first ?? null) === keyOf(note.client)) alsoName(own.note, single.note);
  const bell = wakeable ? makeDoorbell(root, directory, note.client) : undefined;
  if (bell) writeFileSync(own.bell, bell, { mode: 0o600 });
  else removeIfAny(own.bell);
  nameOneBell(directory);
  return bell;
}

/** A second name of a file that is on disk already: a start has no time for more syncs. */
function alsoName(file: string, name: string): void {
  const aside = `${name}.${process.pid}`;
  removeIfAny(aside);
  linkSync(file, aside);
  renameSync(aside, name);
}

/** The single note of 1.1.0 becomes its client's own before another client's takes its place. */
function carryOver(directory: string, next: ProcessIdentity | null): void {
  const single = clientsOf(directory).find(({ key }) => key === SINGLE);
  if (!single?.note || keyOf(single.client) === keyOf(next)) return;
  const own = files(directory, keyOf(single.client));
  // Its end first: a hook may be cut off at any moment.
  if (single.ended) mark(own.ended);
  writeDurably(own.note, `${JSON.stringify(single.note)}\n`);
  if (single.bell) writeFileSync(own.bell, single.bell, { mode: 0o600 });
}

/** They say nothing of a session that is open in another client: however often it is resumed, few files stay. */
function forgetTheDead(directory: string): void {
  const dead = clientsOf(directory).filter((one) => one.life === 'dead' || isDamagedAndGone(one));
  removeDeadBells(dead);
  for (const { key } of dead) for (const file of Object.values(files(directory, key))) removeIfAny(file);
}

/** A damaged note tells nothing but the pid in its name. */
function isDamagedAndGone({ key, note }: SessionClient): boolean {
  return note === null && /^\d/.test(key) && startTime(Number.parseInt(key, 10)) === undefined;
}

function nameOneBell(directory: string): void {
  const bells = clientsOf(directory).flatMap((one) => (mayListen(one) && one.bell) || []);
  const file = singleFiles(directory).bell;
  if (bells.includes(readOwnFileIfAny(file) ?? '')) return;
  if (bells[0] === undefined) removeIfAny(file);
  else writeFileSync(file, bells[0], { mode: 0o600 });
}

/**
 * One client has ended the session, or begun another one. Null, an end by somebody who cannot be found, is that of the only
 * one who can have it open; of several nobody knows which. To be called where the session's directory exists.
 */
export function markEnded(directory: string, client: ProcessIdentity | null): void {
  const clients = clientsOf(directory);
  const key = keyOf(client ?? soleClient(clients));
  const own = clients.filter((one) => one.key === key || (one.key === SINGLE && keyOf(one.client) === key));
  for (const one of own) if (one.key !== SINGLE) mark(files(directory, one.key).ended);
  if (clients.every((one) => own.includes(one) || clientStanding(one) === 'over'))
    mark(singleFiles(directory).ended);
}

function mark(file: string): void {
  try {
    if (!existsSync(file)) writeFileSync(file, '', { mode: 0o600 });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error; // a sweep has removed what is known of it
  }
}

/** The client that an end is of which names none: the only one that may have the session open. */
export function soleClient(clients: readonly SessionClient[]): ProcessIdentity | null {
  const may = clients.filter((one) => clientStanding(one) !== 'over');
  return may.length === 1 ? (may[0]?.client ?? null) : null;
}

/** Calls the hooks of a session's clients: of `asker`, where that listens, else of all. Returns whether one has a doorbell. */
export function ring(directory: string, asker: ProcessIdentity | null = null): boolean {
  const all = clientsOf(directory).filter(mayListen);
  const own = all.filter(({ client }) => asker && client && sameProcess(client, asker));
  const bells = new Set((own.length > 0 ? own : all).flatMap(({ bell }) => bell ?? []));
  return [...bells].map((bell) => pull(bell)).includes(true);
}

/** May somebody hear a doorbell of this session? */
export function hasDoorbell(directory: string): boolean {
  return clientsOf(directory).some(mayListen);
}

/** Is this client to be woken for the session? One that has not noted itself is taken for any. */
export function isWokenFor(directory: string, client: ProcessIdentity | null): boolean {
  const clients = clientsOf(directory);
  const own = clients.find(({ key }) => key === keyOf(client));
  return own ? mayListen(own) : clients.some(mayListen);
}

function mayListen(one: SessionClient): boolean {
  return one.bell !== undefined && clientStanding(one) !== 'over';
}

/** A bell outlives the session where its client does: /clear leaves no moment without one. */
export function removeDeadBells(clients: readonly SessionClient[]): void {
  for (const { bell, client, life } of clients)
    if (bell && (!client || life === 'dead')) removeDoorbell(bell);
}

/** What the session's latest start told of it; null for one that no hook registered. */
export function readNote(directory: string): SessionNote | null {
  const notes = clientsOf(directory).flatMap(({ note }) => note ?? []);
  return notes.sort((a, b) => compareText(a.startedAt, b.startedAt)).at(-1) ?? null;
}

import {
  aBoolean,
  aCount,
  aCountFromOne,
  anIdentity,
  aRecord,
  aString,
  aTimestamp,
  listOf,
  Malformed,
  oneOf,
  orNull,
  sifted,
} from '../base/check.ts';
import { CompanionError } from '../base/errors.ts';
import { aHostName } from '../base/hosts.ts';
import { aJobKind } from '../job/kinds.ts';
import { aJobId, anOrigin, anOutcome } from '../job/parse-job.ts';
import type { Told } from './job-event.ts';
import {
  type BrokerRecord,
  DEFAULT_SETTINGS,
  type IndexedJob,
  type Lease,
  type SessionRecord,
  type Settings,
  STATE_VERSION,
  type WorkspaceState,
} from './workspace-state.ts';

/**
 * From the JSON of state.json to a value that is right; unknown fields stay on it, and records of hosts and kinds that are
 * not known here are withheld.
 * Throws `Malformed` for a damaged one, and `state-newer` for one that a newer version wrote.
 */
export function parseState(value: unknown): WorkspaceState {
  const { withheld: _, ...record } = aRecord(value, 'the state');
  const version = record.version;
  if (typeof version === 'number' && Number.isInteger(version) && version > STATE_VERSION) {
    throw new CompanionError('state-newer', `The state was written by a newer version (schema ${version}).`, {
      hint: 'Update codex-companion; this version leaves the state as it is.',
    });
  }
  if (version !== STATE_VERSION) throw new Malformed(`version is not ${STATE_VERSION}`);
  const sessions = sifted(aSession, record.sessions, 'sessions');
  const jobs = sifted(anIndexedJob, record.jobs, 'jobs');
  const why = sessions.why ?? jobs.why;
  return {
    ...record,
    version: STATE_VERSION,
    workspaceRoot: aString(record.workspaceRoot, 'workspaceRoot'),
    config: parseSettings(record.config, 'config'),
    sessions: sessions.known,
    jobs: jobs.known,
    brokers: listOf(aBroker)(record.brokers, 'brokers'),
    leases: listOf(aLease)(record.leases, 'leases'),
    events: anEventsRecord(record.events),
    ...(record.lastNumber === undefined ? {} : { lastNumber: aCount(record.lastNumber, 'lastNumber') }),
    ...(why === undefined ? {} : { withheld: { sessions: sessions.unknown, jobs: jobs.unknown, why } }),
  };
}

export function parseSettings(value: unknown, where: string): Settings {
  const record = aRecord(value, where);
  return {
    ...record,
    stopReviewGate: aBoolean(record.stopReviewGate, `${where}.stopReviewGate`),
    maxParallel: orNull(aCountFromOne)(record.maxParallel, `${where}.maxParallel`),
    wakeClosedSession: aBoolean(record.wakeClosedSession ?? false, `${where}.wakeClosedSession`),
    desktopNotifications: aBoolean(record.desktopNotifications ?? false, `${where}.desktopNotifications`),
    holdOneShotTurnSeconds: aCount(record.holdOneShotTurnSeconds ?? 0, `${where}.holdOneShotTurnSeconds`),
    keepDays: keptLimit(record.keepDays, DEFAULT_SETTINGS.keepDays, `${where}.keepDays`),
    keepBytes: keptLimit(record.keepBytes, DEFAULT_SETTINGS.keepBytes, `${where}.keepBytes`),
  };
}

/** Settings from before retention have none; null is the user's wish to keep everything. */
function keptLimit(value: unknown, otherwise: number | null, where: string): number | null {
  return value === undefined ? otherwise : orNull(aCountFromOne)(value, where);
}

function aSession(value: unknown, where: string): SessionRecord {
  const record = aRecord(value, where);
  return {
    ...record,
    host: aHostName(record.host, `${where}.host`),
    id: aString(record.id, `${where}.id`),
    client: orNull(anIdentity)(record.client, `${where}.client`),
    startedAt: aTimestamp(record.startedAt, `${where}.startedAt`),
    endedAt: orNull(aTimestamp)(record.endedAt, `${where}.endedAt`),
  };
}

export function anIndexedJob(value: unknown, where: string): IndexedJob {
  const record = aRecord(value, where);
  // First: it is the kind that decides what an id looks like.
  const kind = aJobKind(record.kind, `${where}.kind`);
  return {
    ...record,
    id: aJobId(record.id, `${where}.id`),
    kind,
    title: aString(record.title, `${where}.title`),
    summary: aString(record.summary, `${where}.summary`),
    background: aBoolean(record.background, `${where}.background`),
    createdAt: aTimestamp(record.createdAt, `${where}.createdAt`),
    cwd: aString(record.cwd, `${where}.cwd`),
    origin: orNull(anOrigin)(record.origin, `${where}.origin`),
    finished: orNull(anOutcome)(record.finished, `${where}.finished`),
    ...(record.told === undefined ? {} : { told: aTold(record.told, `${where}.told`) }),
    ...(record.number === undefined ? {} : { number: aCountFromOne(record.number, `${where}.number`) }),
  };
}

function aTold(value: unknown, where: string): Told {
  const record = aRecord(value, where);
  return {
    ...record,
    started: aBoolean(record.started, `${where}.started`),
    progress: aCount(record.progress, `${where}.progress`),
    output: aCount(record.output, `${where}.output`),
    stalled: aBoolean(record.stalled, `${where}.stalled`),
    notices: aCount(record.notices ?? 0, `${where}.notices`),
  };
}

/** A state from before the events has none. */
function anEventsRecord(value: unknown): WorkspaceState['events'] {
  if (value === undefined) return { end: 0 };
  const record = aRecord(value, 'events');
  return { ...record, end: aCount(record.end, 'events.end') };
}

export function aBroker(value: unknown, where: string): BrokerRecord {
  const record = aRecord(value, where);
  const id = aString(record.id, `${where}.id`);
  if (!/^[a-z0-9]{1,32}$/.test(id)) throw new Malformed(`${where}.id is not a broker id`);
  return {
    ...record,
    id,
    stage: oneOf(['starting', 'ready'])(record.stage, `${where}.stage`),
    fingerprint: aString(record.fingerprint, `${where}.fingerprint`),
    starter: anIdentity(record.starter, `${where}.starter`),
    process: orNull(anIdentity)(record.process, `${where}.process`),
    appServer: orNull(anIdentity)(record.appServer, `${where}.appServer`),
    socket: aString(record.socket, `${where}.socket`),
    startedAt: aTimestamp(record.startedAt, `${where}.startedAt`),
  };
}

function aLease(value: unknown, where: string): Lease {
  const record = aRecord(value, where);
  return {
    ...record,
    // Of a kind that a newer version knows, maybe.
    jobId: aString(record.jobId, `${where}.jobId`),
    brokerId: aString(record.brokerId, `${where}.brokerId`),
    holder: anIdentity(record.holder, `${where}.holder`),
    since: aTimestamp(record.since, `${where}.since`),
  };
}

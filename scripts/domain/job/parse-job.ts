import {
  aBoolean,
  aCount,
  aName,
  anIdentity,
  aRecord,
  aString,
  aTimestamp,
  listOf,
  Malformed,
  oneOf,
  orNull,
  UnknownName,
} from '../base/check.ts';
import { aHostName } from '../base/hosts.ts';
import type { Claim, ExitRecord, JobOutcome } from './evidence.ts';
import type { ImportNote, JobRequest, Origin, StopRequest } from './job.ts';
import { aJobKind, JOB_ID } from './kinds.ts';
import { LIMIT_NAMES, limitsThatEnd, someLimits } from './limits.ts';
import { PLACE_NAMES, type PlaceName } from './place.ts';
import { aSpec, only } from './specs.ts';

/** From the JSON of a job's files to values that are right. Unknown fields are kept. */

export function aJobId(value: unknown, where: string): string {
  const id = aString(value, where);
  if (!JOB_ID.test(id)) throw new Malformed(`${where} is not a job id`);
  return id;
}

export function anOrigin(value: unknown, where: string): Origin {
  const record = aRecord(value, where);
  return {
    ...record,
    host: aHostName(record.host, `${where}.host`),
    sessionId: aString(record.sessionId, `${where}.sessionId`),
    client: orNull(anIdentity)(record.client, `${where}.client`),
  };
}

export function aJobRequest(value: unknown, where: string): JobRequest {
  const record = aRecord(value, where);
  const kind = aJobKind(record.kind, `${where}.kind`);
  if (record.version !== 1) throw notVersionOne(record.version, where);
  const base = {
    ...record,
    version: 1 as const,
    id: aJobId(record.id, `${where}.id`),
    title: aString(record.title, `${where}.title`),
    summary: aString(record.summary, `${where}.summary`),
    background: aBoolean(record.background, `${where}.background`),
    createdAt: aTimestamp(record.createdAt, `${where}.createdAt`),
    workspaceRoot: aString(record.workspaceRoot, `${where}.workspaceRoot`),
    cwd: aString(record.cwd, `${where}.cwd`),
    origin: orNull(anOrigin)(record.origin, `${where}.origin`),
    limits: someLimits(withOldOutputLimit(record), `${where}.limits`),
    place: aPlace(record, where),
    enqueuedBy: anIdentity(record.enqueuedBy, `${where}.enqueuedBy`),
    node: aString(record.node, `${where}.node`),
    runtime: aString(record.runtime, `${where}.runtime`),
    ...(record.onComplete === undefined
      ? {}
      : { onComplete: aString(record.onComplete, `${where}.onComplete`) }),
  };
  const imported = orNull(anImportNote)(record.imported, `${where}.imported`);
  const spec = aSpec(kind, record.spec, `${where}.spec`);
  return { ...base, ...(imported ? { imported } : {}), kind, spec } as JobRequest;
}

function notVersionOne(version: unknown, where: string): Malformed {
  const Kind = typeof version === 'number' && version > 1 ? UnknownName : Malformed;
  return new Kind(`${where}.version is not 1`);
}

/** Release 1.1.0 had that one in the spec of a shell command. */
function withOldOutputLimit({ limits, spec }: Record<string, unknown>): unknown {
  const { outputLimit } = aRecord(spec ?? {}, 'spec');
  return outputLimit === undefined ? limits : { outputBytes: outputLimit, ...aRecord(limits, 'limits') };
}

/** Up to 1.1.0 only `run` had a place, and one beside this machine: `spec.scope`. */
function aPlace(record: Record<string, unknown>, where: string): PlaceName {
  if (record.place !== undefined) return aName(PLACE_NAMES, 'place')(record.place, `${where}.place`);
  return aRecord(record.spec, `${where}.spec`).scope === true ? 'scope' : 'local';
}

function anImportNote(value: unknown, where: string): ImportNote {
  const record = aRecord(value, where);
  return {
    ...record,
    from: aString(record.from, `${where}.from`),
    at: aTimestamp(record.at, `${where}.at`),
    notRecorded: listOf(aString)(record.notRecorded, `${where}.notRecorded`),
  };
}

export function anOutcome(value: unknown, where: string): JobOutcome {
  const record = aRecord(value, where);
  const base = {
    ...record,
    startedAt: orNull(aTimestamp)(record.startedAt, `${where}.startedAt`),
    finishedAt: aTimestamp(record.finishedAt, `${where}.finishedAt`),
    reason: aString(record.reason, `${where}.reason`),
    exitCode: orNull(aCount)(record.exitCode, `${where}.exitCode`),
    signal: orNull(aString)(record.signal, `${where}.signal`),
    ...only('signalIsCertain', orNull(aBoolean)(record.signalIsCertain, `${where}.signalIsCertain`)),
    ...only('oomKills', orNull(aCount)(record.oomKills, `${where}.oomKills`)),
    stillRunning: aCount(record.stillRunning ?? 0, `${where}.stillRunning`),
    ...only('noticed', orNull(aNotice)(record.noticed, `${where}.noticed`)),
    ...only('leftovers', orNull(someLeftovers)(record.leftovers, `${where}.leftovers`)),
  };
  const ending = oneOf(['completed', 'failed', 'cancelled', 'timed-out', 'lost'])(
    record.ending,
    `${where}.ending`,
  );
  if (ending === 'cancelled') return { ...base, ending, by: aString(record.by, `${where}.by`) };
  if (ending === 'timed-out')
    return {
      ...base,
      ending,
      limit: aName(limitsThatEnd('timed-out'), 'limit')(record.limit, `${where}.limit`),
    };
  if (ending === 'failed') {
    const limit = orNull(aName(limitsThatEnd('failed'), 'limit'))(record.limit, `${where}.limit`);
    return { ...base, ending, ...only('limit', limit) };
  }
  return { ...base, ending };
}

function aNotice(value: unknown, where: string): NonNullable<JobOutcome['noticed']> {
  const record = aRecord(value, where);
  return { after: aTimestamp(record.after, `${where}.after`), by: aTimestamp(record.by, `${where}.by`) };
}

function someLeftovers(value: unknown, where: string): NonNullable<JobOutcome['leftovers']> {
  const record = aRecord(value, where);
  return {
    count: aCount(record.count, `${where}.count`),
    fate: oneOf(['ended', 'stopped'])(record.fate, `${where}.fate`),
  };
}

export function aStopRequest(value: unknown, where: string): StopRequest {
  const record = aRecord(value, where);
  const limit = orNull(aName(LIMIT_NAMES, 'limit'))(record.limit, `${where}.limit`);
  return {
    kind: oneOf(['user', 'session-end', 'limit'])(record.kind, `${where}.kind`),
    by: aString(record.by, `${where}.by`),
    at: aTimestamp(record.at, `${where}.at`),
    ...(limit ? { limit } : {}),
  };
}

export function aClaim(value: unknown, where: string): Claim {
  const record = aRecord(value, where);
  const at = aTimestamp(record.at, `${where}.at`);
  const kind = oneOf(['worker', 'cancelled', 'abandoned'])(record.kind, `${where}.kind`);
  switch (kind) {
    case 'worker':
      return { kind, at, worker: anIdentity(record.worker, `${where}.worker`) };
    case 'cancelled':
      return { kind, at, stop: aStopRequest(record.stop, `${where}.stop`) };
    case 'abandoned':
      return { kind, at, reason: aString(record.reason, `${where}.reason`) };
  }
}

export function anExitRecord(value: unknown, where: string): ExitRecord {
  const record = aRecord(value, where);
  const at = aTimestamp(record.at, `${where}.at`);
  const limit = orNull(aName(LIMIT_NAMES, 'limit'))(record.limit, `${where}.limit`);
  const limited = limit ? { limit } : {};
  const kind = oneOf(['status', 'not-started', 'turn'])(record.kind, `${where}.kind`);
  switch (kind) {
    case 'status':
      return {
        kind,
        at,
        status: aCount(record.status, `${where}.status`),
        ...only('signal', orNull(aString)(record.signal, `${where}.signal`)),
        ...only('oomKills', orNull(aCount)(record.oomKills, `${where}.oomKills`)),
        ...limited,
      };
    case 'not-started':
      return {
        kind,
        at,
        error: aString(record.error, `${where}.error`),
        message: aString(record.message, `${where}.message`),
      };
    case 'turn':
      return {
        kind,
        at,
        turn: oneOf(['completed', 'failed', 'interrupted', 'timed-out'])(record.turn, `${where}.turn`),
        reason: aString(record.reason, `${where}.reason`),
        ...only('limit', orNull(aName(LIMIT_NAMES, 'limit'))(record.limit, `${where}.limit`)),
      };
  }
}

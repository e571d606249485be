import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aCount, anIdentity, aRecord, aString, aTimestamp, oneOf, orNull } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { aHostName, type HostName } from '../../domain/base/hosts.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { Timestamp } from '../../domain/job/job.ts';
import { SETTLEMENTS, type SettledBy, WAYS, type Way } from '../../domain/notice/notice.ts';
import { removeIfAny, writeOnce } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';

/**
 * What a job's directory tells of its notice: `told.<n>` for each try, `told.<n>.said` right before the host gets the
 * text, `delivered` once when nothing is to be told any more. None is fsynced: a crash of the machine may cost a repeat.
 */

/** `told.<n>`: who tells, and where its receipt will be found. */
export interface TellingRecord {
  notice: string;
  at: Timestamp;
  way: Way;
  session: { host: HostName; sessionId: string };
  teller: ProcessIdentity;
  /** the session's transcript, and how long it was before; null where the host named none */
  transcript: { path: string; offset: number } | null;
}

/** `delivered`: why it is done with. */
export interface Settlement {
  by: SettledBy;
  at: Timestamp;
}

const told = (directory: string, number: number) => join(directory, `told.${number}`);

/** The tries so far, by number. A damaged one ends the list: the next try fails on its name, and is told later. */
export function readTellingRecords(directory: string): TellingRecord[] {
  const records: TellingRecord[] = [];
  for (;;) {
    const record = readOwnJson(told(directory, records.length + 1), aTellingRecord);
    if (!record) return records;
    records.push(record);
  }
}

/** Takes a number; false: somebody else has it. */
export function claimTelling(directory: string, number: number, record: TellingRecord): boolean {
  return writeInJob(told(directory, number), `${JSON.stringify(record)}\n`);
}

export function markSaid(directory: string, number: number): void {
  writeInJob(`${told(directory, number)}.said`, '');
}

/** The host has refused it: nobody has heard it. */
export function unmarkSaid(directory: string, number: number): void {
  removeIfAny(`${told(directory, number)}.said`);
}

export function wasSaid(directory: string, number: number): boolean {
  return existsSync(`${told(directory, number)}.said`);
}

export function readSettlement(directory: string): Settlement | null {
  return readOwnJson(join(directory, 'delivered'), aSettlement);
}

/** The first one stands; false: somebody else's does. */
export function settleNotice(directory: string, settlement: Settlement): boolean {
  return writeInJob(join(directory, 'delivered'), `${JSON.stringify(settlement)}\n`);
}

/** False also where the job was removed in this moment, by the limits of what is kept: nothing is to be told of it then. */
function writeInJob(file: string, content: string): boolean {
  try {
    return writeOnce(file, content, { durable: false });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function aTellingRecord(value: unknown): TellingRecord {
  const record = aRecord(value, 'told');
  const session = aRecord(record.session, 'told.session');
  return {
    notice: aString(record.notice, 'told.notice'),
    at: aTimestamp(record.at, 'told.at'),
    way: oneOf(WAYS)(record.way, 'told.way'),
    session: {
      host: aHostName(session.host, 'told.session.host'),
      sessionId: aString(session.sessionId, 'told.session.sessionId'),
    },
    teller: anIdentity(record.teller, 'told.teller'),
    transcript: orNull(aTranscript)(record.transcript, 'told.transcript'),
  };
}

function aTranscript(value: unknown, where: string): { path: string; offset: number } {
  const record = aRecord(value, where);
  return { path: aString(record.path, `${where}.path`), offset: aCount(record.offset, `${where}.offset`) };
}

function aSettlement(value: unknown): Settlement {
  const record = aRecord(value, 'delivered');
  return {
    by: oneOf(SETTLEMENTS)(record.by, 'delivered.by'),
    at: aTimestamp(record.at, 'delivered.at'),
  };
}

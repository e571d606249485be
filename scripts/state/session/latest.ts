import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { anIdentity, aRecord, aString } from '../../domain/base/check.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { liveness } from '../../process/identity.ts';
import { makePrivateDirectory, removeIfAny, writeOnce } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { safeName, sessionDirectory } from '../layout.ts';
import type { SessionName } from './owned-jobs.ts';

/**
 * Of a client that has one conversation at a time, which one it began last: `clients/PID-START` in the root. So its next one finds
 * what it replaces, however many sessions there are.
 */

const placeOf = (root: string) => join(root, 'clients');

const fileOf = (root: string, client: ProcessIdentity) =>
  join(placeOf(root), `${client.pid}-${safeName(client.start)}`);

/** False at the first start after a release that did not note it. */
export function notesLatest(root: string): boolean {
  return existsSync(placeOf(root));
}

/** The directory of the session that the client has begun last. */
export function latestOf(root: string, client: ProcessIdentity): string | undefined {
  const name = readLatest(fileOf(root, client))?.session;
  return name === undefined ? undefined : join(root, 'sessions', name);
}

/** @param client null: only that such notes are kept */
export function noteLatest(
  root: string,
  { host, sessionId }: SessionName,
  client: ProcessIdentity | null,
): void {
  makePrivateDirectory(placeOf(root));
  if (!client) return;
  const file = fileOf(root, client);
  removeIfAny(file);
  const session = basename(sessionDirectory(root, host, sessionId));
  writeOnce(file, `${JSON.stringify({ client, session })}\n`, { durable: false });
}

export function removeLatestOfDead(root: string): void {
  for (const name of namesIn(placeOf(root))) {
    const file = join(placeOf(root), name);
    const latest = readLatest(file);
    if (!latest || liveness(latest.client) === 'dead') removeIfAny(file);
  }
}

function readLatest(file: string): { client: ProcessIdentity; session: string } | null {
  return readOwnJson(file, (value) => {
    const record = aRecord(value, 'client');
    return {
      client: anIdentity(record.client, 'client.client'),
      session: basename(aString(record.session, 'client.session')),
    };
  });
}

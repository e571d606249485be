import { anIdentity, aRecord, aString, aTimestamp, orNull } from '../../domain/base/check.ts';
import { aHostName, type HostName } from '../../domain/base/hosts.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { Timestamp } from '../../domain/job/job.ts';
import { readOwnJson } from '../files/json-file.ts';

/** What a client's start of a session told. */
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

/** Null where there is none, or a damaged one. */
export function readNoteAt(file: string): SessionNote | null {
  return readOwnJson(file, (value) => {
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

import { readJobFacts } from '../../state/job/job-directory.ts';
import { readSettlement, readTellingRecords } from '../../state/job/notice-files.ts';
import { hasDoorbell } from '../../state/session/clients.ts';
import { sessionDirectories } from '../../state/session/directories.ts';
import { standingOf } from '../../state/session/session-record.ts';
import { type OwedNotice, owedNotices } from '../notices/owed.ts';
import { orPassOver, saysNothing } from '../reading/one-of-many.ts';

/** A client that hears its doorbell calls its hook within a second, also a busy one. Milliseconds. */
const UNHEARD_AFTER_MS = 60_000;

/** A sentence for each open session whose doorbell rang, and nobody came. Changes nothing. */
export function unheardBells(root: string): string[] {
  return sessionDirectories(root).flatMap((session) => {
    if (!hasDoorbell(session) || standingOf(session) !== 'open') return [];
    const unheard = owedNotices(root, session).find(
      (owed) => !owed.elsewhere && orPassOver(owed.jobId, () => isUnheard(owed), saysNothing),
    );
    return unheard ? [sentence(unheard.jobId)] : [];
  });
}

function isUnheard({ directory }: OwedNotice): boolean {
  const { outcome } = readJobFacts(directory);
  if (!outcome || readSettlement(directory) || readTellingRecords(directory).length > 0) return false;
  return Date.now() - Date.parse(outcome.finishedAt) > UNHEARD_AFTER_MS;
}

function sentence(jobId: string): string {
  return `The doorbell rang for ${jobId}, and the client did not come: its agent is told at the next prompt, not at once. Another plugin's hook for CwdChanged or FileChanged may have ended the watch; a new start of the session begins it again.`;
}

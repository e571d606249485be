import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HOSTS } from '../../../hosts/hosts.ts';
import type { Environment } from '../../../process/environment.ts';
import { warn } from '../../../state/files/warnings.ts';
import { queueableSession } from '../../../state/session/session-record.ts';
import { workspaceAt } from '../../reading/find-job.ts';
import { isAnythingDue } from '../owed.ts';
import { takeNotices } from '../tell.ts';

/** Jobs that end together make one message, which is a turn of its own. Milliseconds. */
const GATHER_MS = 150;
/** Its database may be locked by the client, which looks at it, too. */
const RETRIES = 2;
const RETRY_MS = 1_000;

/**
 * The doorbell of a host that watches no files is its own queue of messages. Tells an open session by it what is due, if
 * anything is. By the session's directory.
 */
export async function queueNotices(directory: string, ours: Environment): Promise<void> {
  const root = dirname(dirname(directory));
  const note = queueableSession(directory);
  if (!note || !isAnythingDue(root, directory)) return;
  await delay(GATHER_MS);
  const { workspaceRoot } = workspaceAt(root, note.workspaceDirectory);
  const put = await HOSTS[note.host].queue?.(note, ours, workspaceRoot || null);
  if (!put) return; // a later hook tells it
  const session = { host: note.host, sessionId: note.sessionId };
  const { transcriptPath } = note;
  const { bundle } = takeNotices({ root, session, way: 'queue', transcriptPath });
  if (!bundle) return;
  bundle.said();
  let refusal = await put(bundle.text);
  for (let tries = RETRIES; refusal !== undefined && tries > 0; tries--) {
    await delay(RETRY_MS);
    refusal = await put(bundle.text);
  }
  if (refusal === undefined) return;
  bundle.unsaid();
  warn(`the queue of ${note.host}: ${refusal}`);
}

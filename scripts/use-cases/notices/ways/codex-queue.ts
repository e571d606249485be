import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CodexProgram, locateCodex } from '../../../codex/program/locate.ts';
import { queueMessage } from '../../../codex/program/message-queue.ts';
import { CompanionError } from '../../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../../domain/base/identity.ts';
import { programOf } from '../../../hosts/codex-program.ts';
import { type Environment, neutralEnvironment } from '../../../process/environment.ts';
import { warn } from '../../../state/files/warnings.ts';
import type { SessionNote } from '../../../state/session/client-note.ts';
import { queueableSession } from '../../../state/session/session-record.ts';
import { isAnythingDue } from '../owed.ts';
import { takeNotices } from '../tell.ts';

/** Jobs that end together make one message, which is a turn of its own. Milliseconds. */
const GATHER_MS = 150;
/** Its database may be locked by the client, which looks at it, too. */
const RETRIES = 2;
const RETRY_MS = 1_000;

/**
 * Codex watches no files, so its doorbell is its own queue of messages. Tells an open session by it what is due, if
 * anything is. By the session's directory.
 */
export async function queueNotices(directory: string, ours: Environment): Promise<void> {
  const root = dirname(dirname(directory));
  const note = queueableSession(directory);
  if (!note || !isAnythingDue(root, directory)) return;
  await delay(GATHER_MS);
  const environment = environmentOf(note, ours);
  const program = programFor(note.client, environment);
  if (!program) return; // a later hook tells it
  const session = { host: note.host, sessionId: note.sessionId };
  const { transcriptPath } = note;
  const { bundle } = takeNotices({ root, session, way: 'queue', transcriptPath });
  if (!bundle) return;
  bundle.said();
  const message = { threadId: note.sessionId, text: bundle.text };
  let refusal = await queueMessage(program, environment, message);
  for (let tries = RETRIES; refusal !== undefined && tries > 0; tries--) {
    await delay(RETRY_MS);
    refusal = await queueMessage(program, environment, message);
  }
  if (refusal === undefined) return;
  bundle.unsaid();
  warn(`codex queue: ${refusal}`);
}

function environmentOf({ codexHome }: SessionNote, ours: Environment): Record<string, string> {
  const environment = neutralEnvironment(ours);
  return codexHome === null ? environment : { ...environment, CODEX_HOME: codexHome };
}

/** The very program that the session runs in, as long as that can be seen: its queue is the one that it reads. */
function programFor(client: ProcessIdentity | null, environment: Environment): CodexProgram | undefined {
  const command = client ? programOf(client.pid) : undefined;
  if (command !== undefined) return { command, args: [], environment: {}, kind: 'native' };
  try {
    return locateCodex(environment.PATH ?? '');
  } catch (error) {
    if (error instanceof CompanionError) return undefined;
    throw error;
  }
}

import { existsSync } from 'node:fs';
import { clientAbove } from '../../hosts/origin.ts';
import { now } from '../../process/clock.ts';
import { stateRoot } from '../../process/environment.ts';
import { sessionDirectory } from '../../state/layout.ts';
import { clientsOf, markEnded, soleClient } from '../../state/session/clients.ts';
import { type EndedSession, requestEnd } from '../../use-cases/sessions/end.ts';
import { type HookAnswer, type HookCall, hookedSession, sessionDirectories } from './hook-call.ts';
import { startFollowUp } from './start-follow-up.ts';

/**
 * With the id known, stdin only tells the reason and the directory. Both hosts write it at once; on a loaded machine it is
 * read late. The whole hook has 1.3 s.
 */
const STDIN_UNTIL_MS = { known: 700, unknown: 1_000 };

/** Asks for the end of the session's foreground jobs, and leaves all that takes time to a process of its own. */
export async function sessionEnd(call: HookCall): Promise<HookAnswer> {
  const { id, input } = await hookedSession(call, STDIN_UNTIL_MS);
  if (id === null) throw new Error('the host named no session; its foreground jobs end with the next sweep.');
  const root = stateRoot(call.environment);
  const directory = sessionDirectory(root, call.host, id);
  // One that is going this very moment may not be found above any more.
  const client = clientAbove(call.host, call.environment) ?? soleClient(clientsOf(directory));
  const session: EndedSession = {
    ...{ host: call.host, sessionId: id, client },
    ...{ reason: input.reason, at: now() },
  };
  try {
    requestEnd(root, session);
    // Claude Code's sh has done it, where it knew the client. Codex may go on with other sessions in the same process.
    if (existsSync(directory)) markEnded(directory, client);
  } finally {
    await startFollowUp(call, { kind: 'end', session, directories: sessionDirectories(call, input) });
  }
  return {};
}

import { stateRoot } from '../process/environment.ts';
import { requestEnd } from '../supervisor/end-session.ts';
import { type HookCall, hookedSession, sessionDirectories } from './hook-call.ts';
import { startFollowUp } from './start-follow-up.ts';

/** With the id known, stdin only tells the reason and the directory: what is there already, or a moment later. */
const PATIENCE_MS = { known: 50, unknown: 1_000 };

/** Asks for the end of the session's foreground jobs, and leaves all that takes time to a process of its own. */
export async function sessionEnd(call: HookCall): Promise<void> {
  const { id, input } = await hookedSession(call, PATIENCE_MS);
  if (id === null) throw new Error('the host named no session; its foreground jobs end with the next sweep.');
  const session = { host: call.host, sessionId: id, reason: input.reason ?? 'other' };
  try {
    requestEnd(stateRoot(call.environment), session);
  } finally {
    await startFollowUp(call, { kind: 'end', session, directories: sessionDirectories(call, input) });
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Way } from '../../domain/notice/notice.ts';
import { clientAbove } from '../../hosts/origin.ts';
import { stateRoot } from '../../process/environment.ts';
import { sessionDirectory } from '../../state/layout.ts';
import { isWokenFor, readNote } from '../../state/session/clients.ts';
import { notedIds } from '../../state/session/owned-jobs.ts';
import { takeShown } from '../../state/session/shown.ts';
import { type Bundle, type Listener, takeNotices } from '../../use-cases/notices/tell.ts';
import { type HookAnswer, type HookCall, type HookedSession, hookedSession } from './hook-call.ts';
import { startFollowUp } from './start-follow-up.ts';

/** With the id known, stdin tells where the transcript is. Milliseconds since node began to start. */
const STDIN_UNTIL_MS = { known: 400, unknown: 1_000 };
/** Jobs that end together, or one after the other in a crowd, make one wake. Milliseconds. */
const GATHER_MS = 150;
/** Another hook is telling some of it: what it has not claimed by then is ours. Milliseconds. */
const AGAIN_MS = 40;

/**
 * FileChanged, the doorbell: wakes the agent with all that is due to this session. One that is called while another one
 * is at it looks again when that one has made its claims, so that they share nothing and leave nothing.
 */
export async function fileChanged(call: HookCall): Promise<HookAnswer> {
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  const listener = listenerOf(call, session, 'wake');
  if (!listener) return {};
  // Other plugins have files watched, too, also in `claude -p`, which drops a woken text.
  const client = clientAbove(call.host, call.environment);
  if (!isWokenFor(directoryOf(listener), client)) return {};
  await delay(GATHER_MS);
  const bundle = await takeAll(listener);
  return bundle ? { stderr: bundle.text, said: bundle.said } : {};
}

async function takeAll(listener: Listener): Promise<Bundle | undefined> {
  const first = takeNotices(listener);
  if (first.bundle || !first.contested) return first.bundle;
  await delay(AGAIN_MS);
  return takeNotices(listener).bundle;
}

/** UserPromptSubmit: what no wake has brought goes with the user's prompt. */
export async function userPromptSubmit(call: HookCall): Promise<HookAnswer> {
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  const bundle = tellNow(call, session, 'prompt');
  if (session.id !== null && hasLitter(call, session.id))
    await startFollowUp(call, { kind: 'sweep', directory: call.startedIn, importFrom: [] });
  return withContext('UserPromptSubmit', withShown(call, session, bundle));
}

/** What the user was shown by a slash command goes with what he says next, once. */
function withShown({ host, environment }: HookCall, { id }: HookedSession, bundle: Bundle | undefined) {
  const shown = id === null ? undefined : takeShown(sessionDirectory(stateRoot(environment), host, id));
  if (shown === undefined) return bundle;
  return { text: bundle ? `${bundle.text}\n\n${shown}` : shown, said: () => bundle?.said() };
}

/** More notes than hooks/session-hook.sh looks at: most must be of jobs that are gone, and a sweep takes those away. */
function hasLitter({ host, environment }: HookCall, sessionId: string): boolean {
  return notedIds(sessionDirectory(stateRoot(environment), host, sessionId)).jobs.length > 200;
}

/**
 * Stop: what has ended by the end of the turn is told in it, so that `codex exec`, say, which has no next turn, hears it, too.
 * Each notice makes the turn go on once.
 */
export async function tellAtStop(call: HookCall): Promise<HookAnswer> {
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  const bundle = tellNow(call, session, 'stop');
  return bundle ? { stdout: { decision: 'block', reason: bundle.text }, said: bundle.said } : {};
}

/** What is due to a session now, claimed. */
export function tellNow(call: HookCall, session: HookedSession, way: Way): Bundle | undefined {
  const listener = listenerOf(call, session, way);
  return listener && takeNotices(listener).bundle;
}

/** The host puts the text beside what it sends to the model next. */
export function withContext(event: string, bundle: Pick<Bundle, 'text' | 'said'> | undefined): HookAnswer {
  if (!bundle) return {};
  const { text: additionalContext, said } = bundle;
  return { stdout: { hookSpecificOutput: { hookEventName: event, additionalContext } }, said };
}

function listenerOf(call: HookCall, { id, input }: HookedSession, way: Way): Listener | undefined {
  if (id === null) return undefined;
  const listener = { root: stateRoot(call.environment), session: { host: call.host, sessionId: id } };
  // Without it there is no receipt: what stdin did not tell in time, the session's start has told.
  const transcriptPath = input.transcriptPath ?? readNote(directoryOf(listener))?.transcriptPath ?? null;
  return { ...listener, way, transcriptPath, heard: input.text };
}

function directoryOf({ root, session }: Pick<Listener, 'root' | 'session'>): string {
  return sessionDirectory(root, session.host, session.sessionId);
}

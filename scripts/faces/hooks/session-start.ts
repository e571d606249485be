import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import { HOST_TRAITS } from '../../domain/base/hosts.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { liveJobs } from '../../domain/workspace/workspace-state.ts';
import { HOSTS } from '../../hosts/hosts.ts';
import { isOneShot } from '../../hosts/one-shot.ts';
import { clientAbove } from '../../hosts/origin.ts';
import { now } from '../../process/clock.ts';
import { stateRoot } from '../../process/environment.ts';
import { warn } from '../../state/files/warnings.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { openSession } from '../../state/session/session-record.ts';
import { ticketDirectory } from '../../state/session/tickets.ts';
import { mayBeBusy } from '../../state/workspace/busy.ts';
import { readState } from '../../state/workspace/store.ts';
import { startSession } from '../../use-cases/sessions/start.ts';
import { importIsDue, oldStatePlaces, tellImport } from '../../use-cases/upkeep/import-old-state.ts';
import { sessionsAreDue } from '../../use-cases/upkeep/see-to-sessions.ts';
import { exportVariables, watchTickets } from './environment-file.ts';
import {
  type HookAnswer,
  type HookCall,
  type HookedSession,
  hookedSession,
  sessionIdFromEnvironment,
} from './hook-call.ts';
import { startFollowUp } from './start-follow-up.ts';
import { tellNow, withContext } from './tell.ts';
import { workspaceOf } from './workspace-of.ts';

/** A SessionStart hook answers within a second: stdin and the lock get a part of that each. Milliseconds. */
const STDIN_UNTIL_MS = { known: 350, unknown: 550 };
const LOCK_PATIENCE_MS = 200;

/**
 * Registers the session in its workspace, tells the agent's shell who it is, hangs up its doorbell, tells what it and
 * sessions before it are owed, and has the workspace swept if need be.
 */
export async function sessionStart(call: HookCall): Promise<HookAnswer> {
  // What needs no stdin is written in the first step, however late node has come on a loaded machine.
  const canExport = exportOrWarn(call, sessionIdFromEnvironment(call), null);
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  if (canExport) exportOrWarn(call, session.id, session.input.transcriptPath);
  const layout = workspaceOf(call, session);
  const { notes, client } = layout ? await inWorkspace(call, session, layout) : NOTHING;
  const advice = await HOSTS[call.host].advice(call.environment, layout?.workspaceRoot);
  const told = advice ? [...notes, advice] : notes;
  const answer = layout ? welcome(call, session, layout, client) : {};
  if (told.length === 0) return answer;
  return { ...answer, stdout: { systemMessage: told.join('\n'), ...answer.stdout } };
}

interface Registered {
  /** what the user should know */
  notes: string[];
  client: ProcessIdentity | null;
}

const NOTHING: Registered = { notes: [], client: null };

async function inWorkspace(
  call: HookCall,
  session: HookedSession,
  layout: WorkspaceLayout,
): Promise<Registered> {
  const client = clientAbove(call.host, call.environment);
  try {
    await register(call, session, layout, client);
    const places = oldStatePlaces(call.environment);
    const importFrom = importIsDue(layout, places) ? places : [];
    if (importFrom.length > 0 || needsSweep(layout))
      await startFollowUp(call, { kind: 'sweep', directory: layout.workspaceRoot, importFrom });
    const imported = tellImport(layout);
    return { notes: imported === undefined ? [] : [imported], client };
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return { notes: [`codex-companion: ${error.message}${error.hint ? ` ${error.hint}` : ''}`], client };
  }
}

/** What the session is owed, and the doorbell for its client to watch, where that can. */
function welcome(
  call: HookCall,
  session: HookedSession,
  layout: WorkspaceLayout,
  client: ProcessIdentity | null,
): HookAnswer {
  if (session.id === null) return {};
  const { root, directory: workspaceDirectory } = layout;
  const name = { host: call.host, sessionId: session.id };
  const { transcriptPath } = session.input;
  const note = {
    ...{ client, startedAt: now(), transcriptPath },
    ...HOSTS[call.host].remember(client, call.environment),
  };
  const { wokenBy } = HOST_TRAITS[call.host];
  const wakeable = wokenBy !== 'next-hook' && !isOneShot(call, client);
  try {
    const bell = openSession(root, name, { ...note, workspaceDirectory }, wakeable);
    const answer = withContext('SessionStart', tellNow(call, session, 'start'));
    if (bell === undefined || wokenBy !== 'doorbell') return answer;
    const output = {
      hookEventName: 'SessionStart',
      ...answer.stdout?.hookSpecificOutput,
      watchPaths: [bell],
    };
    return { ...answer, stdout: { hookSpecificOutput: output } };
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return { stdout: { systemMessage: `codex-companion: ${error.message}` } };
  }
}

/** The agent's commands know their session from the host's own variables, too. */
function exportOrWarn(call: HookCall, id: string | null, transcriptPath: string | null): boolean {
  try {
    exportToShell(call, id, transcriptPath);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    warn(
      `cannot write ${HOSTS[call.host].variables.shellFile}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
}

function exportToShell(call: HookCall, id: string | null, transcriptPath: string | null): void {
  const { shellFile } = HOSTS[call.host].variables;
  const file = shellFile === null ? undefined : call.environment[shellFile];
  if (!file) return;
  exportVariables(file, {
    ...(id === null ? {} : { CODEX_COMPANION_SESSION_ID: id }),
    ...(transcriptPath === null ? {} : { CODEX_COMPANION_TRANSCRIPT_PATH: transcriptPath }),
  });
  if (id !== null)
    watchTickets(file, ticketDirectory(stateRoot(call.environment), call.host, id), call.program);
}

async function register(
  call: HookCall,
  { id }: HookedSession,
  layout: WorkspaceLayout,
  client: ProcessIdentity | null,
): Promise<void> {
  if (id === null) return;
  const record = { host: call.host, id, client, startedAt: now(), endedAt: null };
  try {
    await startSession(layout, record, LOCK_PATIENCE_MS);
  } catch (error) {
    // Whoever holds the lock goes on; the session's first job registers it, too.
    if (!(error instanceof CompanionError) || error.code !== 'state-locked') throw error;
  }
}

/**
 * Live jobs, here or elsewhere, may have lost their worker or their session, a broker its last holder, and sessions may be
 * so many that starts do not see to them.
 */
function needsSweep(layout: WorkspaceLayout): boolean {
  const state = readState(layout);
  const here = liveJobs(state).length > 0 || state.brokers.length > 0;
  return here || sessionsAreDue(layout.root) || mayBeBusy(layout.root);
}

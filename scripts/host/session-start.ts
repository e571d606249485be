import { existsSync } from 'node:fs';
import { CompanionError, systemCode } from '../domain/errors.ts';
import { liveJobs } from '../domain/workspace-state.ts';
import { stateRoot } from '../process/environment.ts';
import { findWorkspaceRoot, type WorkspaceLayout, workspaceLayout } from '../state/layout.ts';
import { readState } from '../state/store.ts';
import { warn } from '../state/warnings.ts';
import { now } from '../supervisor/context.ts';
import { importIsDue, oldStatePlaces, tellImport } from '../supervisor/import-old-state.ts';
import { officialPluginNote } from '../supervisor/official-plugin.ts';
import { clientAbove } from '../supervisor/origin.ts';
import { workspacesWithOwners } from '../supervisor/session-directory.ts';
import { startSession } from '../supervisor/start-session.ts';
import { exportVariables } from './environment-file.ts';
import { type HookCall, type HookedSession, hookedSession, sessionDirectories } from './hook-call.ts';
import { startFollowUp } from './start-follow-up.ts';

/** A SessionStart hook answers within a second: stdin and the lock get a part of that each. Milliseconds. */
const STDIN_UNTIL_MS = { known: 350, unknown: 550 };
const LOCK_PATIENCE_MS = 200;

/** What goes to the host on stdout. */
export interface HookAnswer {
  systemMessage?: string;
}

/** Registers the session in its workspace, tells the agent's shell who it is, and has the workspace swept if need be. */
export async function sessionStart(call: HookCall): Promise<HookAnswer> {
  const session = await hookedSession(call, STDIN_UNTIL_MS);
  exportOrWarn(call, session);
  const layout = workspaceOf(call, session);
  const told = layout ? await inWorkspace(call, session, layout) : [];
  const both = call.host === 'claude-code' && officialPluginNote(call.environment, layout?.workspaceRoot);
  const notes = both ? [...told, both] : told;
  return notes.length === 0 ? {} : { systemMessage: notes.join('\n') };
}

/** Returns what the user should know. */
async function inWorkspace(
  call: HookCall,
  session: HookedSession,
  layout: WorkspaceLayout,
): Promise<string[]> {
  try {
    await register(call, session, layout);
    const places = oldStatePlaces(call.environment);
    const importFrom = importIsDue(layout, places) ? places : [];
    if (importFrom.length > 0 || needsSweep(layout))
      await startFollowUp(call, { kind: 'sweep', directory: layout.workspaceRoot, importFrom });
    const imported = tellImport(layout);
    return imported === undefined ? [] : [imported];
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return [`codex-companion: ${error.message}${error.hint ? ` ${error.hint}` : ''}`];
  }
}

/** The agent's commands know their session from the host's own variables, too. */
function exportOrWarn(call: HookCall, session: HookedSession): void {
  try {
    exportToShell(call, session);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    warn(`cannot write CLAUDE_ENV_FILE: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function exportToShell(call: HookCall, { id, input }: HookedSession): void {
  const file = call.environment.CLAUDE_ENV_FILE;
  if (call.host !== 'claude-code' || !file) return;
  exportVariables(file, {
    ...(id === null ? {} : { CODEX_COMPANION_SESSION_ID: id }),
    ...(input.transcriptPath === null ? {} : { CODEX_COMPANION_TRANSCRIPT_PATH: input.transcriptPath }),
  });
}

/** The workspace of the first of the session's directories that exists. */
function workspaceOf(call: HookCall, { input }: HookedSession): WorkspaceLayout | undefined {
  const directory = sessionDirectories(call, input).find((one) => existsSync(one));
  if (directory === undefined) return undefined;
  return workspaceLayout(stateRoot(call.environment), findWorkspaceRoot(directory));
}

async function register(call: HookCall, { id }: HookedSession, layout: WorkspaceLayout): Promise<void> {
  if (id === null) return;
  const client = clientAbove(call.host, call.environment);
  const record = { host: call.host, id, client, startedAt: now(), endedAt: null };
  try {
    await startSession(layout, record, LOCK_PATIENCE_MS);
  } catch (error) {
    // Whoever holds the lock goes on; the session's first job registers it, too.
    if (!(error instanceof CompanionError) || error.code !== 'state-locked') throw error;
  }
}

/** Live jobs, here or elsewhere, may have lost their worker or their session, and a broker its last holder. */
function needsSweep(layout: WorkspaceLayout): boolean {
  const state = readState(layout);
  const here = liveJobs(state).length > 0 || state.brokers.length > 0;
  return here || workspacesWithOwners(layout.root).length > 0;
}

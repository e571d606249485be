import { existsSync } from 'node:fs';
import { stateRoot } from '../../process/environment.ts';
import { findWorkspaceRoot, type WorkspaceLayout, workspaceLayout } from '../../state/layout.ts';
import { type HookCall, type HookedSession, sessionDirectories } from './hook-call.ts';

/** The workspace of the first of the session's directories that exists. */
export function workspaceOf(call: HookCall, { input }: HookedSession): WorkspaceLayout | undefined {
  const directory = sessionDirectories(call, input).find((one) => existsSync(one));
  if (directory === undefined) return undefined;
  return workspaceLayout(stateRoot(call.environment), findWorkspaceRoot(directory));
}

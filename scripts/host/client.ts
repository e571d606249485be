import type { ProcessIdentity } from '../domain/identity.ts';
import { innermostHost, isAncestor } from '../process/ancestry.ts';
import { identify } from '../process/identity.ts';
import type { HookCall } from './hook-call.ts';

/**
 * The host program's process, or null where it cannot be told. Claude Code 2.1.329 names it in CLAUDE_PID, which is
 * believed of a process above us only: an agent inside another one inherits that one's variables.
 */
export function clientOf(call: HookCall): ProcessIdentity | null {
  const found = innermostHost();
  if (found?.host === call.host) return found.process;
  const told = Number(call.environment.CLAUDE_PID);
  if (call.host !== 'claude-code' || !isAncestor(told)) return null;
  return identify(told) ?? null;
}

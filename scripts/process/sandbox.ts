import { basename } from 'node:path';
import type { Environment } from './environment.ts';
import { can, need } from './platform/this-platform.ts';

/**
 * Are we inside the sandbox that Codex puts around a session's commands? There a started job would be gone with the
 * command, even where the state can be written (a CODEX_COMPANION_HOME below /tmp or the workspace).
 *
 * Linux: pid 1 of the sandbox's namespace is `codex-linux-sandbox` (tried with 0.169.0; variables are no proof: they
 * are unset with network access and inherited under full access). macOS: CODEX_SANDBOX=seatbelt, from the documentation.
 */
export function insideCodexSandbox(environment: Environment): boolean {
  if (!can('initProgram')) return environment.CODEX_SANDBOX === 'seatbelt';
  return basename(need('initProgram')()) === 'codex-linux-sandbox';
}

import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { Environment } from './environment.ts';

/**
 * Are we inside the sandbox that Codex puts around a session's commands? There a started job would be gone with the
 * command, even where the state can be written (a CODEX_COMPANION_HOME below /tmp or the workspace).
 *
 * Linux: pid 1 of the sandbox's namespace is `codex-linux-sandbox` (tried with 0.169.0; variables are no proof: they
 * are unset with network access and inherited under full access). macOS: CODEX_SANDBOX=seatbelt, from the documentation.
 */
export function insideCodexSandbox(environment: Environment): boolean {
  if (process.platform === 'darwin') return environment.CODEX_SANDBOX === 'seatbelt';
  return basename(firstArgumentOfInit()) === 'codex-linux-sandbox';
}

/** The command line of pid 1 may be 60 kB long there; its first argument is enough. */
function firstArgumentOfInit(): string {
  const buffer = Buffer.alloc(256);
  try {
    const fd = openSync('/proc/1/cmdline', 'r');
    try {
      const length = readSync(fd, buffer);
      return buffer.toString('utf8', 0, length).split('\0')[0] ?? '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return ''; // not Linux, or /proc is hidden: then nobody can say, and nothing is refused
  }
}

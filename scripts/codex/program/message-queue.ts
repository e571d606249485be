import { execFile } from 'node:child_process';
import type { CodexProgram } from './locate.ts';

/** 70 to 470 ms as a rule, on a busy machine more. */
const LIMIT_MS = 60_000;

/**
 * Puts a message into Codex's own queue for a session (`codex queue`). Whichever process has the thread loaded begins a
 * turn with it: at once under Codex's daemon, within 10 s elsewhere, after the turn that runs. Codex keeps it on disk till
 * then, also beyond the session's end. Returns why it refused; undefined where it took it, or may have: it gave
 * no answer in time.
 */
export function queueMessage(
  program: CodexProgram,
  environment: Record<string, string>,
  { threadId, text }: { threadId: string; text: string },
): Promise<string | undefined> {
  const args = [...program.args, 'queue', '--thread', threadId, '--message', text];
  const env = { ...environment, ...program.environment };
  return new Promise((resolve) => {
    execFile(program.command, args, { cwd: '/', env, timeout: LIMIT_MS }, (error, _stdout, stderr) =>
      resolve(error && !error.killed ? lastLine(stderr) || error.message : undefined),
    );
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

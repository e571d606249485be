import { askCodex, type CodexProgram } from './locate.ts';

/** 70 to 470 ms as a rule, on a busy machine more. */
const LIMIT_MS = 60_000;

/**
 * Puts a message into Codex's own queue for a session (`codex queue`). Whichever process has the thread loaded begins a
 * turn with it: at once under Codex's daemon, within 10 s elsewhere, after the turn that runs. Codex keeps it on disk till
 * then, also beyond the session's end. Returns why it refused; undefined where it took it, or may have: it gave
 * no answer in time.
 */
export async function queueMessage(
  program: CodexProgram,
  environment: Record<string, string>,
  { threadId, text, workspace }: { threadId: string; text: string; workspace: string | null },
): Promise<string | undefined> {
  const args = ['queue', '--thread', threadId, '--message', text];
  const answer = await askCodex(program, args, { environment, workspace, limitMs: LIMIT_MS });
  if (answer.succeeded || answer.cause === 'time' || answer.cause === 'output') return undefined;
  return lastLine(answer.stderr) || answer.sentence;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

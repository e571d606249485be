import type { Account } from './account.ts';
import { ClientSession } from './client-session.ts';

export type ClaudeSession = ClientSession;

/** An interactive Claude Code, at its prompt. */
export function startClaude(
  account: Account,
  command: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<ClaudeSession> {
  return ClientSession.start(account, command, options, { prompt: /^\s*[❯>]\s/m, quit: '/exit' });
}

import type { CodexConnection } from './connection.ts';
import { isObject } from './rpc.ts';

/** Who Codex works as, as its `account/read` tells. */
export interface CodexAccount {
  /** `chatgpt`, `apiKey`, …; null where nobody is logged in */
  type: string | null;
  email: string | null;
  /** false where the configured model provider needs no OpenAI login */
  requiresOpenaiAuth: boolean;
}

/** Asks the app-server itself, which knows of keyrings and providers; nothing goes over the network. */
export async function readAccount(connection: CodexConnection): Promise<CodexAccount> {
  const answer = await connection.request('account/read', { refreshToken: false });
  const { account, requiresOpenaiAuth } = isObject(answer) ? answer : {};
  const { type, email } = isObject(account) ? account : {};
  return {
    type: typeof type === 'string' ? type : null,
    email: typeof email === 'string' ? email : null,
    requiresOpenaiAuth: requiresOpenaiAuth !== false,
  };
}

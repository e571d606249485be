import type { CodexConnection } from '../wire/connection.ts';
import { isObject } from '../wire/rpc.ts';

/** Who Codex works as, as its `account/read` tells. */
export interface CodexAccount {
  /** `chatgpt`, `apiKey`, …; null where nobody is logged in */
  type: string | null;
  email: string | null;
  /** false where the configured model provider needs no OpenAI login */
  requiresOpenaiAuth: boolean;
  /** id of the configured model provider; null for the default */
  provider: string | null;
}

/** Asks the app-server itself, which knows of keyrings and providers; nothing goes over the network. */
export async function readAccount(connection: CodexConnection): Promise<CodexAccount> {
  const answer = await connection.request('account/read', { refreshToken: false });
  const { account, requiresOpenaiAuth } = isObject(answer) ? answer : {};
  const { type, email } = isObject(account) ? account : {};
  const settings = await connection.request('config/read', { includeLayers: false });
  const config = isObject(settings) && isObject(settings.config) ? settings.config : {};
  return {
    type: textOrNull(type),
    email: textOrNull(email),
    requiresOpenaiAuth: requiresOpenaiAuth !== false,
    provider: textOrNull(config.model_provider),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

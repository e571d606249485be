import type { CodexConnection } from '../wire/connection.ts';
import { fields } from '../wire/protocol.ts';
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

/**
 * When the usage limit that the account has reached is reset, e.g. "2026-11-27 19:05 UTC"; the last one of several. Null
 * where Codex cannot say, as for an API key.
 */
export async function resetOfUsage(connection: CodexConnection, deadlineMs: number): Promise<string | null> {
  // It is only to complete what is told: whatever fails, the rest is told without it.
  const answer = await connection
    .request('account/rateLimits/read', undefined, { deadlineMs })
    .catch(() => null);
  const { primary, secondary } = fields(fields(answer).rateLimits);
  const resets = [primary, secondary].map(fields).flatMap(({ usedPercent, resetsAt }) => {
    return typeof resetsAt === 'number' && Number(usedPercent) >= 100 ? [resetsAt] : [];
  });
  if (resets.length === 0) return null;
  return `${new Date(Math.max(...resets) * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { CodexConnection } from './connection.ts';
import { RpcError } from './rpc.ts';

/** "Server overloaded; retry later.": the app-server's own answer to a burst, safe to repeat (its README says so). */
const OVERLOADED = -32001;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const ATTEMPTS = 10;

/** Repeats a request that the app-server was too busy for, with growing, scattered pauses; about 8 s in all. */
export function withOverloadRetry(request: CodexConnection['request']): CodexConnection['request'] {
  return async (method, params, options) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await request(method, params, options);
      } catch (error) {
        if (!isOverload(error) || attempt === ATTEMPTS) throw error;
      }
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      await delay(pause * (0.5 + Math.random()));
    }
  };
}

/** It was too busy all that time; it lives, and may be asked again. */
export function isOverload(error: unknown): boolean {
  return error instanceof RpcError && error.code === OVERLOADED;
}

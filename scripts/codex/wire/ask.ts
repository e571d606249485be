import { RpcError } from './rpc.ts';

/** Asks about one thread, within what is left of some time. */
export type Ask = (threadId: string, method: string, params?: object) => Promise<unknown>;

/** "thread not found: ID": nobody has it loaded any more. */
export function isThreadGone(error: unknown): boolean {
  return error instanceof RpcError && /thread not (found|loaded)/i.test(error.message);
}

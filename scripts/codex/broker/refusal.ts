import type { RpcAnswer } from '../wire/rpc.ts';

export function refusal(code: number, message: string, data?: unknown): RpcAnswer {
  return { error: data === undefined ? { code, message } : { code, message, data } };
}

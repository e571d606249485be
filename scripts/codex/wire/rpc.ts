import type { Readable, Writable } from 'node:stream';
import { deferred } from '../../domain/base/deferred.ts';
import { type BadLine, jsonLineWriter, readJsonLines } from './json-lines.ts';

/**
 * JSON-RPC as `codex app-server` speaks it: one message a line, without the `jsonrpc` member. Both our broker and its
 * clients speak it too.
 */

/** The other side answered with an error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly method: string;
  readonly code: number;
  readonly data: unknown;

  constructor(method: string, code: number, message: string, data: unknown) {
    super(message);
    this.method = method;
    this.code = code;
    this.data = data;
  }
}

/** The other side did not answer in time. A late answer is ignored. */
export class RpcDeadlineError extends Error {
  override readonly name = 'RpcDeadlineError';
  readonly method: string;
  readonly deadlineMs: number;

  constructor(method: string, deadlineMs: number) {
    super(`No answer to ${method} within ${deadlineMs / 1000} s.`);
    this.method = method;
    this.deadlineMs = deadlineMs;
  }
}

/** The connection ended; `message` is the reason. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

export type RpcAnswer = { result: unknown } | { error: { code: number; message: string; data?: unknown } };

export interface RpcPeerOptions {
  input: Readable;
  output: Writable;
  /** A promise given back is awaited before the next message is read. */
  onNotification?: (method: string, params: unknown) => void | Promise<void>;
  /** Answers the other side's requests; they may be answered out of order. Without it all are refused. */
  onRequest?: (method: string, params: unknown) => RpcAnswer | Promise<RpcAnswer>;
  /** A line that is no message: not JSON, too long, or of no known shape. */
  onBadLine?: (line: BadLine) => void;
  /** As for `readJsonLines`. */
  mayRead?: () => boolean;
  /** Milliseconds that `request` waits unless told otherwise; 30,000. */
  deadlineMs?: number;
  /** Makes a better sentence of why the connection ended, e.g. with the exit status of the program behind it. */
  explainClose?: (reason: string) => string | Promise<string>;
}

export interface RequestOptions {
  /** milliseconds; 0 waits until the connection ends */
  deadlineMs?: number;
}

export interface RpcPeer {
  /** Rejects with RpcError, RpcDeadlineError or ConnectionLostError. */
  request(method: string, params?: unknown, options?: RequestOptions): Promise<unknown>;
  /** Resolves once the stream takes more. */
  notify(method: string, params?: unknown): Promise<void>;
  /** Ends our side. Requests still open are rejected with this reason. */
  close(reason: string): void;
  /** Resolves with the reason when the connection has ended; never rejects. */
  readonly closed: Promise<string>;
}

interface Pending {
  method: string;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
}

const DEFAULT_DEADLINE_MS = 30_000;
const FLUSH_MS = 500;
const METHOD_NOT_FOUND = -32601;
const INTERNAL_ERROR = -32603;

export function rpcPeer(options: RpcPeerOptions): RpcPeer {
  const writer = jsonLineWriter(options.output);
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let lost: ConnectionLostError | undefined;
  let ending = false;
  const closed = deferred<string>();

  // A failed write means that the reader is gone: the end of the input, or `close`, tells the reason for everyone.
  options.output.on('error', (error) => void end(`writing failed: ${error.message}`));
  options.input.on('error', () => {}); // told by the read loop below
  const { onBadLine, mayRead } = options;
  readJsonLines(options.input, receive, {
    ...(onBadLine && { onBadLine }),
    ...(mayRead && { mayRead }),
  }).then(
    () => end('the other side closed the connection'),
    (error: Error) => end(`reading failed: ${describeFailure(error)}`),
  );

  async function end(reason: string): Promise<void> {
    if (ending) return;
    ending = true;
    const explained = await (options.explainClose?.(reason) ?? reason);
    lost = new ConnectionLostError(explained);
    for (const [id, request] of pending) settle(id, () => request.reject(new ConnectionLostError(explained)));
    hangUp(options);
    closed.resolve(explained);
  }

  function settle(id: number, act: () => void): void {
    clearTimeout(pending.get(id)?.timer);
    pending.delete(id);
    act();
  }

  function receive(message: unknown): void | Promise<void> {
    if (ending) return; // it has not heard yet that we have hung up
    const { id, method, params, result, error } = (isObject(message) ? message : {}) as Message;
    if (typeof method === 'string') {
      if (id === undefined) return options.onNotification?.(method, params);
      void answer(id, method, params);
      return;
    }
    if (id === undefined || id === null) {
      const excerpt = JSON.stringify(message)?.slice(0, 200) ?? '';
      options.onBadLine?.({ reason: 'not-a-message', bytes: excerpt.length, excerpt });
      return;
    }
    const request = pending.get(id as number);
    if (!request) return; // an answer that came after its deadline
    if (error === undefined) return settle(id as number, () => request.resolve(result));
    settle(id as number, () => request.reject(rpcError(request.method, error)));
  }

  async function answer(id: unknown, method: string, params: unknown): Promise<void> {
    const reply = await replyTo(method, params);
    // Nobody is left to answer once the connection has ended; `closed` tells it.
    await writer.write({ id, ...reply }).catch(() => {});
  }

  async function replyTo(method: string, params: unknown): Promise<RpcAnswer> {
    if (!options.onRequest)
      return { error: { code: METHOD_NOT_FOUND, message: `${method} is not served here.` } };
    try {
      return await options.onRequest(method, params);
    } catch (error) {
      return {
        error: { code: INTERNAL_ERROR, message: error instanceof Error ? error.message : String(error) },
      };
    }
  }

  return {
    closed: closed.promise,
    request(method, params, { deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS } = {}) {
      if (lost) return Promise.reject(new ConnectionLostError(lost.message));
      return new Promise((resolve, reject) => {
        const id = nextId++;
        const expire = () => settle(id, () => reject(new RpcDeadlineError(method, deadlineMs)));
        const timer = deadlineMs > 0 ? setTimeout(expire, deadlineMs) : undefined;
        pending.set(id, { method, resolve, reject, timer });
        // Rejected by `end`, with the reason; a failed write alone would say less.
        writer.write({ id, method, params }).catch(() => {});
      });
    },
    notify(method, params) {
      return lost
        ? Promise.reject(lost)
        : writer.write(params === undefined ? { method } : { method, params });
    },
    close(reason) {
      void end(reason);
    },
  };
}

/**
 * What was written is still sent, and the other side may hang up in turn: closed under it while it writes, a socket breaks
 * there with EPIPE, and node drops what it had received and not read yet, our last words with it. A reader that takes
 * nothing is not waited for.
 */
function hangUp({ input, output }: RpcPeerOptions): void {
  const cut = () => {
    clearTimeout(timer);
    output.destroy();
    input.destroy();
  };
  const timer = setTimeout(cut, FLUSH_MS).unref();
  if (output.destroyed) cut();
  else if (input.destroyed || input.readableEnded) output.end(cut);
  else {
    for (const event of ['end', 'close']) input.once(event, cut);
    output.end();
  }
}

function describeFailure(error: Error): string {
  const cut = 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
  return cut ? 'the connection was cut' : error.message;
}

interface Message {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

function rpcError(method: string, error: unknown): RpcError {
  const { code, message, data } = isObject(error) ? error : {};
  return new RpcError(
    method,
    typeof code === 'number' ? code : INTERNAL_ERROR,
    typeof message === 'string' ? message : JSON.stringify(error),
    data,
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

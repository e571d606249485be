import { isObject, type RequestOptions } from './rpc.ts';

/** What the app-server tells about one thread. */
export interface ThreadNotification {
  method: string;
  params: Record<string, unknown>;
}

export type ThreadListener = (notification: ThreadNotification) => void;

/** A way to a Codex app-server: a process of our own (app-server.ts), or through the broker. */
export interface CodexConnection {
  /** Rejects with RpcError, RpcDeadlineError or ConnectionLostError (rpc.ts). */
  request(method: string, params?: unknown, options?: RequestOptions): Promise<unknown>;
  /** Calls back for every notification of this thread, in order; returns the function that stops it. */
  onNotification(threadId: string, listener: ThreadListener): () => void;
  /** Resolves with the reason when the connection has ended; never rejects. */
  readonly closed: Promise<string>;
}

export interface ThreadRouter {
  onNotification: CodexConnection['onNotification'];
  /** Gives a notification to those who listen to its thread. */
  deliver(method: string, params: unknown): void;
}

export function threadRouter(): ThreadRouter {
  const listeners = new Map<string, Set<ThreadListener>>();
  return {
    onNotification(threadId, listener) {
      const ofThread = listeners.get(threadId) ?? new Set();
      listeners.set(threadId, ofThread.add(listener));
      return () => {
        ofThread.delete(listener);
        if (ofThread.size === 0 && listeners.get(threadId) === ofThread) listeners.delete(threadId);
      };
    },
    deliver(method, params) {
      const threadId = threadIdOf(params);
      if (threadId === undefined) return;
      for (const listener of listeners.get(threadId) ?? [])
        listener({ method, params: params as Record<string, unknown> });
    },
  };
}

/** The thread that a notification, a request or an answer is about. */
export function threadIdOf(params: unknown): string | undefined {
  if (!isObject(params)) return undefined;
  if (typeof params.threadId === 'string') return params.threadId;
  // `thread/started` and the answers to thread/start and thread/resume carry the whole thread.
  const thread = params.thread;
  return isObject(thread) && typeof thread.id === 'string' ? thread.id : undefined;
}

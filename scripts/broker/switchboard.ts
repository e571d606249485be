import type { Socket } from 'node:net';
import type { AppServer } from '../codex/app-server.ts';
import { threadIdOf } from '../codex/connection.ts';
import { deferred } from '../codex/deferred.ts';
import { interruptTurn } from '../codex/interrupt.ts';
import { within } from '../codex/limits.ts';
import { releaseThread } from '../codex/release.ts';
import {
  ConnectionLostError,
  isObject,
  type RpcAnswer,
  RpcError,
  type RpcPeer,
  rpcPeer,
} from '../codex/rpc.ts';
import {
  BAD_HELLO,
  BROKER_PROTOCOL,
  GOODBYE,
  HELLO,
  LEAVING,
  NO_APP_SERVER,
} from '../supervisor/broker-protocol.ts';
import type { Load } from './pulse.ts';
import { ThreadBook } from './threads.ts';

/** The app-server behind the switchboard, or why and when (ISO 8601) it could not be started. */
export type Backend = AppServer | { failure: string; at: string };

export interface Switchboard {
  accept(socket: Socket): void;
  /** For every notification of the app-server. */
  deliver(method: string, params: unknown): void;
  isConnected(jobId: string): boolean;
  load(): Load;
  /** Takes no more greetings, tells everybody why, and hangs up. */
  close(reason: string): void;
  /** Resolves when nothing of a client that is gone runs any more. */
  tidied(): Promise<void>;
}

export interface SwitchboardEvents {
  /** A client is gone; called again when nothing of it runs any more. */
  onLeave(): void;
  /** The app-server has answered a request. */
  onAnswer(): void;
}

interface Client {
  socket: Socket;
  peer: RpcPeer;
  /** "" before its greeting */
  jobId: string;
  /** requests whose answer is still to come */
  open: Set<Promise<unknown>>;
}

/** A client that lags this far behind gets no more of what is told again in whole at an item's end. */
const SKIP_DELTAS_BYTES = 1024 * 1024;
/** A stopped client would fill the memory, and must not hold up the others. */
const HANG_UP_BYTES = 64 * 1024 * 1024;
const LATE_ANSWER_MS = 3_000;
const INTERRUPT_MS = 2_000;
const RELEASE_MS = 2_000;

/**
 * Connects any number of clients to the one app-server: requests are passed on, notifications go to whoever started or
 * resumed their thread and to nobody else. What a client leaves running when it is gone is stopped.
 */
export function switchboard(
  brokerId: string,
  backend: () => Backend,
  { onLeave, onAnswer }: SwitchboardEvents,
): Switchboard {
  const clients = new Set<Client>();
  const threads = new ThreadBook<Client>();
  const tidying = new Map<string, Promise<void>>();
  const early = earlyNotifications();
  let leaving: string | undefined;

  function accept(socket: Socket): void {
    const client: Client = { socket, jobId: '', open: new Set(), peer: undefined as unknown as RpcPeer };
    client.peer = rpcPeer({
      input: socket,
      output: socket,
      onRequest: (...request) => answer(client, ...request),
    });
    clients.add(client);
    void client.peer.closed.then(() => leave(client));
  }

  async function answer(client: Client, method: string, params: unknown): Promise<RpcAnswer> {
    if (method === HELLO) return greet(client, params);
    if (client.jobId === '') return refusal(BAD_HELLO, `${method} came before ${HELLO}.`);
    const answered = passOn(client, method, params);
    client.open.add(answered);
    return answered.finally(() => client.open.delete(answered));
  }

  function greet(client: Client, params: unknown): RpcAnswer {
    const { version, jobId } = isObject(params) ? params : {};
    const server = backend();
    if (leaving !== undefined) return refusal(LEAVING, leaving);
    if ('failure' in server) return refusal(NO_APP_SERVER, server.failure, { at: server.at });
    if (version !== BROKER_PROTOCOL || typeof jobId !== 'string' || jobId === '')
      return refusal(BAD_HELLO, `This broker speaks version ${BROKER_PROTOCOL}, and to jobs only.`);
    client.jobId = jobId;
    return { result: { brokerId, codex: server.userAgent } };
  }

  async function passOn(client: Client, method: string, params: unknown): Promise<RpcAnswer> {
    const named = threadIdOf(params);
    if (named !== undefined) {
      await tidying.get(named);
      const owner = threads.ownerOf(named);
      if (owner && owner !== client)
        return refusal(LEAVING, `Job ${owner.jobId} is working on thread ${named}.`);
    }
    if (OPENS.has(method) && named !== undefined) threads.add(named, client);
    if (OPENS.has(method)) early.expect();
    try {
      const result = await server().request(method, params, { deadlineMs: 0 }).finally(onAnswer);
      noteAnswer(client, method, named, result);
      return { result };
    } catch (error) {
      if (OPENS.has(method) && named !== undefined) threads.remove(named);
      // Everybody is told by `close` why there is no app-server any more; an error answer would hide that.
      if (error instanceof ConnectionLostError) return new Promise(() => {});
      if (!(error instanceof RpcError)) throw error;
      return refusal(error.code, error.message, error.data);
    } finally {
      if (OPENS.has(method)) early.expectNoMore();
    }
  }

  function noteAnswer(client: Client, method: string, named: string | undefined, result: unknown): void {
    const fields = isObject(result) ? result : {};
    const threadId = OPENS.has(method) ? threadIdOf(result) : named;
    if (threadId === undefined) return;
    if (OPENS.has(method)) {
      threads.add(threadId, client);
      for (const { method, params } of early.take(threadId)) deliver(method, params);
    }
    if (method === 'turn/start' || method === 'review/start') threads.noteTurn(threadId, fields.turn);
    if (method === 'thread/unsubscribe' && fields.status === 'notLoaded') threads.remove(threadId);
    // It hung up while its thread was being opened: that one would stay loaded for ever.
    if (!clients.has(client) && threads.ownerOf(threadId) === client) void tidy(threadId);
  }

  function deliver(method: string, params: unknown): void {
    const threadId = threadIdOf(params);
    if (threadId === undefined) return;
    const owner = threads.ownerOf(threadId);
    if (!owner) return early.keep(threadId, { method, params });
    if (method === 'turn/started') threads.noteTurn(threadId, isObject(params) ? params.turn : undefined);
    if (method === 'turn/completed') threads.noteTurnEnd(threadId);
    send(owner, method, params);
    if (method === 'thread/closed') threads.remove(threadId);
  }

  function send({ peer, socket }: Client, method: string, params: unknown): void {
    const behind = socket.writableLength;
    if (behind > HANG_UP_BYTES) {
      peer.close('it does not read');
      return;
    }
    if (behind > SKIP_DELTAS_BYTES && /delta$/i.test(method)) return;
    peer.notify(method, params).catch(() => {}); // it is gone, and `leave` sees to it
  }

  async function leave(client: Client): Promise<void> {
    clients.delete(client);
    const left = threads.threadsOf(client);
    // An answer on its way may be that of turn/start: the turn it names must be known to be stopped.
    const tidied = Promise.all(left.map((threadId) => tidy(threadId, [...client.open])));
    onLeave();
    await tidied;
    onLeave();
  }

  function tidy(threadId: string, first: Promise<unknown>[] = []): Promise<void> {
    const before = tidying.get(threadId);
    if (before) return before;
    const work = tidyNow(threadId, first).finally(() => {
      tidying.delete(threadId);
      threads.remove(threadId);
    });
    tidying.set(threadId, work);
    return work;
  }

  /** Stops the turn and the commands that it started, and lets go of the thread. */
  async function tidyNow(threadId: string, first: Promise<unknown>[]): Promise<void> {
    if (first.length > 0) await within(Promise.allSettled(first), LATE_ANSWER_MS);
    const app = server();
    if (threads.turnOn(threadId) !== undefined) {
      const completed = deferred();
      const unlisten = app.onNotification(threadId, ({ method }) => {
        if (method === 'turn/completed') completed.resolve();
      });
      const turn = {
        get activeTurnId() {
          return threads.turnOn(threadId);
        },
        completed: completed.promise,
      };
      await interruptTurn(app, threadId, turn, INTERRUPT_MS);
      unlisten();
    }
    await releaseThread(app, threadId, RELEASE_MS);
  }

  function server(): AppServer {
    const found = backend();
    if ('failure' in found) throw new ConnectionLostError(found.failure);
    return found;
  }

  return {
    accept,
    deliver,
    isConnected: (jobId) => [...clients].some((client) => client.jobId === jobId),
    load() {
      if ([...clients].some(({ open }) => open.size > 0)) return 'asking';
      return threads.isBusy ? 'working' : 'idle';
    },
    close(reason) {
      leaving = reason;
      for (const { peer } of clients) {
        peer.notify(GOODBYE, { reason }).catch(() => {}); // gone by itself in the meantime
        peer.close(reason);
      }
    },
    async tidied() {
      await Promise.all(tidying.values());
    },
  };
}

/** Requests whose answer makes the asker the owner of a thread. */
const OPENS = new Set(['thread/start', 'thread/resume', 'thread/fork']);

function refusal(code: number, message: string, data?: unknown): RpcAnswer {
  return { error: data === undefined ? { code, message } : { code, message, data } };
}

interface Kept {
  method: string;
  params: unknown;
}

/** Notifications about a new thread overtake the answer that names it: they are kept while such an answer is awaited. */
function earlyNotifications() {
  const kept = new Map<string, Kept[]>();
  let expected = 0;
  return {
    expect: () => {
      expected += 1;
    },
    expectNoMore: () => {
      expected -= 1;
      if (expected === 0) kept.clear();
    },
    keep(threadId: string, notification: Kept): void {
      if (expected > 0) kept.set(threadId, [...(kept.get(threadId) ?? []), notification]);
    },
    take(threadId: string): Kept[] {
      const taken = kept.get(threadId) ?? [];
      kept.delete(threadId);
      return taken;
    },
  };
}

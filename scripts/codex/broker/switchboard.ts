import type { Socket } from 'node:net';
import type { CompanionError } from '../../domain/base/errors.ts';
import { newNonce, type ProofPlace, removeProof } from '../../state/workspace/proofs.ts';
import {
  BAD_HELLO,
  GOODBYE,
  HELLO,
  KNOCK,
  LEAVING,
  NO_APP_SERVER,
  NOT_ALLOWED,
} from '../brokering/protocol.ts';
import type { AppServer } from '../program/app-server.ts';
import { threadIdOf } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import {
  ConnectionLostError,
  isObject,
  type RpcAnswer,
  RpcError,
  type RpcPeer,
  rpcPeer,
} from '../wire/rpc.ts';
import { whyNot } from './allowed.ts';
import { EarlyNotifications } from './early.ts';
import { type Guest, letIn } from './greeting.ts';
import type { Load } from './pulse.ts';
import { refusal } from './refusal.ts';
import { ThreadBook } from './threads.ts';
import { tidyThread } from './tidy.ts';

/** The app-server behind the switchboard, or why and when (ISO 8601) it could not be started. */
export type Backend = AppServer | { failure: CompanionError; at: string };

export interface SwitchboardEvents {
  /** A client is gone; called again when nothing of it runs any more. */
  onLeave(): void;
  /** The app-server has answered a request. */
  onAnswer(): void;
}

interface Client {
  socket: Socket;
  peer: RpcPeer;
  /** names its proof; undefined before it has knocked, and when the proof was looked for */
  nonce: string | undefined;
  /** who it is; null before its greeting */
  guest: Guest | null;
  /** what `config/read` has answered it last */
  settings: unknown;
  /** the same of `configRequirements/read` */
  requirements: unknown;
  /** requests whose answer is still to come */
  open: Set<Promise<unknown>>;
}

/** Requests whose answer makes the asker the owner of a thread. */
const OPENS = new Set(['thread/start', 'thread/resume']);
/** Before its greeting a client is anybody: it gets so much of our memory and time, and is one of so many. */
const GREETING_BYTES = 64 * 1024;
const GREETING_MS = 3_000;
const STRANGERS = 256;
/** A client that lags this far behind gets no more of what is told again in whole at an item's end. */
const SKIP_DELTAS_BYTES = 1024 * 1024;
/** A stopped client would fill the memory, and must not hold up the others. */
const HANG_UP_BYTES = 64 * 1024 * 1024;

/**
 * Connects any number of clients to the one app-server: what a job may ask for is passed on (allowed.ts), notifications go
 * to whoever started or resumed their thread and to nobody else. What a client leaves running when it is gone is stopped.
 */
export class Switchboard {
  readonly #self: ProofPlace;
  readonly #backend: () => Backend;
  readonly #events: SwitchboardEvents;
  readonly #clients = new Set<Client>();
  readonly #threads = new ThreadBook<Client>();
  readonly #early = new EarlyNotifications();
  readonly #tidying = new Map<string, Promise<void>>();
  #leaving: string | undefined;

  constructor(self: ProofPlace, backend: () => Backend, events: SwitchboardEvents) {
    this.#self = self;
    this.#backend = backend;
    this.#events = events;
  }

  accept(socket: Socket): void {
    const onRequest = (method: string, params: unknown) => this.#answer(client, method, params);
    const mayRead = () => client.guest !== null || socket.bytesRead <= GREETING_BYTES;
    const client: Client = {
      socket,
      ...{ nonce: undefined, guest: null, settings: undefined, requirements: undefined, open: new Set() },
      peer: rpcPeer({ input: socket, output: socket, onRequest, mayRead }),
    };
    this.#clients.add(client);
    const late = setTimeout(() => client.guest ?? client.peer.close('it did not greet'), GREETING_MS);
    void client.peer.closed.then(() => {
      clearTimeout(late);
      return this.#leave(client);
    });
    const strangers = [...this.#clients].filter(({ guest }) => guest === null);
    if (strangers.length > STRANGERS) strangers[0]?.peer.close('too many have not greeted');
  }

  isConnected(jobId: string): boolean {
    return this.#clientOf(jobId) !== undefined;
  }

  get load(): Load {
    if ([...this.#clients].some(({ open }) => open.size > 0)) return 'asking';
    return this.#threads.isBusy ? 'working' : 'idle';
  }

  /** For every notification of the app-server. */
  deliver(method: string, params: unknown): void {
    const threadId = threadIdOf(params);
    if (threadId === undefined) return;
    const owner = this.#threads.ownerOf(threadId);
    if (!owner) {
      this.#early.keep(threadId, { method, params });
      return;
    }
    if (method === 'turn/started' && isObject(params)) this.#threads.noteTurn(threadId, params.turn);
    if (method === 'turn/completed') this.#threads.noteTurnEnd(threadId);
    send(owner, method, params);
    if (method === 'thread/closed') this.#threads.remove(threadId);
  }

  /** Takes no more greetings, tells everybody why, and hangs up. */
  close(reason: string): void {
    this.#leaving ??= reason;
    for (const { peer } of this.#clients) {
      peer.notify(GOODBYE, { reason }).catch(() => {}); // gone by itself in the meantime
      peer.close(reason);
    }
  }

  /** Resolves when nothing of a client that is gone runs any more. */
  async tidied(): Promise<void> {
    await Promise.all(this.#tidying.values());
  }

  async #answer(client: Client, method: string, params: unknown): Promise<RpcAnswer> {
    if (method === KNOCK) return this.#knock(client);
    if (method === HELLO) return this.#greet(client, params);
    const { guest, settings, requirements } = client;
    if (!guest) return refusal(BAD_HELLO, `${method} came before ${HELLO}.`);
    const owns = (threadId: string) => this.#threads.ownerOf(threadId) === client;
    const reason = whyNot(method, params, { ...guest, settings, requirements, owns });
    if (reason !== undefined) return refusal(NOT_ALLOWED, reason);
    const answered = this.#passOn(client, method, params);
    client.open.add(answered);
    return answered.finally(() => client.open.delete(answered));
  }

  #knock(client: Client): RpcAnswer {
    client.nonce ??= newNonce();
    return { result: { nonce: client.nonce } };
  }

  async #greet(client: Client, params: unknown): Promise<RpcAnswer> {
    if (client.guest) return refusal(BAD_HELLO, `Job ${client.guest.jobId} has greeted already.`);
    const { nonce } = client;
    client.nonce = undefined;
    const guest = letIn(this.#self, nonce, params);
    if ('refused' in guest) return guest.refused;
    // A worker whose connection was cut comes again, maybe before we have seen the end of the first.
    const before = this.#clientOf(guest.jobId);
    if (before) await within(before.peer.closed, LEAVING_MS);
    const server = this.#backend();
    if (this.#leaving !== undefined) return refusal(LEAVING, this.#leaving);
    if ('failure' in server) return noAppServer(server);
    if (this.#clientOf(guest.jobId)) return refusal(BAD_HELLO, `Job ${guest.jobId} is connected already.`);
    client.guest = guest;
    return { result: { brokerId: this.#self.brokerId, codex: server.userAgent } };
  }

  #clientOf(jobId: string): Client | undefined {
    return [...this.#clients].find(({ guest }) => guest?.jobId === jobId);
  }

  async #passOn(client: Client, method: string, params: unknown): Promise<RpcAnswer> {
    const named = threadIdOf(params);
    const owner = named === undefined ? undefined : await this.#otherOwner(client, method, named);
    if (owner) return refusal(THREAD_TAKEN, `Job ${owner.guest?.jobId} is working on thread ${named}.`);
    if (!OPENS.has(method)) return this.#ask(client, method, params);

    // Before the answer, which notifications about the thread overtake.
    if (named !== undefined) this.#threads.add(named, client);
    this.#early.expect();
    const answer = await this.#ask(client, method, params);
    if ('error' in answer && named !== undefined) this.#threads.remove(named);
    this.#early.expectNoMore();
    return answer;
  }

  /** Whoever else works on the thread. Who wants to open it waits for one that is just going, and for its leavings. */
  async #otherOwner(client: Client, method: string, threadId: string): Promise<Client | undefined> {
    const owner = this.#threads.ownerOf(threadId);
    if (owner === client) return undefined;
    if (!OPENS.has(method)) return owner;
    if (owner) await within(owner.peer.closed, LEAVING_MS);
    await this.#tidying.get(threadId);
    return this.#threads.ownerOf(threadId);
  }

  async #ask(client: Client, method: string, params: unknown): Promise<RpcAnswer> {
    try {
      const result = await this.#server().request(method, params, { deadlineMs: 0 });
      this.#events.onAnswer();
      this.#note(client, method, threadIdOf(params) ?? threadIdOf(result), result);
      return { result };
    } catch (error) {
      // Everybody is told by `close` why there is no app-server any more; an error answer would hide that.
      if (error instanceof ConnectionLostError) return new Promise(() => {});
      if (!(error instanceof RpcError)) throw error;
      this.#events.onAnswer();
      return refusal(error.code, error.message, error.data);
    }
  }

  #note(client: Client, method: string, threadId: string | undefined, result: unknown): void {
    if (method === 'config/read') client.settings = result;
    if (method === 'configRequirements/read') client.requirements = result;
    if (threadId === undefined || !isObject(result)) return;
    if (OPENS.has(method)) this.#opened(client, threadIdOf(result) ?? threadId);
    if (method === 'turn/start' || method === 'review/start') this.#threads.noteTurn(threadId, result.turn);
    if (method === 'thread/unsubscribe' && result.status === 'notLoaded') this.#threads.remove(threadId);
  }

  #opened(client: Client, threadId: string): void {
    this.#threads.add(threadId, client);
    for (const { method, params } of this.#early.take(threadId)) this.deliver(method, params);
    // It hung up meanwhile: the thread would stay loaded for ever.
    if (!this.#clients.has(client)) void this.#tidy(threadId, client);
  }

  async #leave(client: Client): Promise<void> {
    this.#clients.delete(client);
    if (client.nonce !== undefined) removeProof(this.#self, client.nonce); // it was killed while it greeted
    const left = this.#threads.threadsOf(client);
    const tidied = Promise.all(left.map((threadId) => this.#tidy(threadId, client)));
    this.#events.onLeave();
    await tidied;
    this.#events.onLeave();
  }

  #tidy(threadId: string, { open, guest }: Client): Promise<void> {
    const under = this.#tidying.get(threadId);
    if (under) return under;
    const backend = this.#backend();
    if ('failure' in backend || !guest) return Promise.resolve();
    const job = { jobId: guest.jobId, leader: null, spared: guest.holder, log: null };
    const turnOn = () => this.#threads.turnOn(threadId);
    const work = tidyThread(backend, threadId, turnOn, open, job).finally(() => {
      this.#tidying.delete(threadId);
      this.#threads.remove(threadId);
    });
    this.#tidying.set(threadId, work);
    return work;
  }

  #server(): AppServer {
    const backend = this.#backend();
    if ('failure' in backend) throw new ConnectionLostError(backend.failure.message);
    return backend;
  }
}

const LEAVING_MS = 500;
/** As Codex's own "invalid request": the job fails with what it says. */
const THREAD_TAKEN = -32_600;

function noAppServer({ failure, at }: { failure: CompanionError; at: string }): RpcAnswer {
  const { code, message, hint } = failure;
  return refusal(NO_APP_SERVER, message, { at, code, hint });
}

function send({ peer, socket }: Client, method: string, params: unknown): void {
  const behind = socket.writableLength;
  if (behind > HANG_UP_BYTES) peer.close('it does not read');
  else if (behind <= SKIP_DELTAS_BYTES || !/delta$/i.test(method))
    peer.notify(method, params).catch(() => {}); // it is gone, which `leave` sees to
}

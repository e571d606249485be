import { setTimeout as delay } from 'node:timers/promises';
import { newId, wireTurn } from './items.ts';
import { OWN_VERSION } from './names.ts';
import { Refusal } from './refusal.ts';
import type { FakeSettings, LogEntry } from './settings.ts';
import { hasRollout, isLocked, Thread } from './thread.ts';

export interface ServerOptions {
  send: (message: object) => void;
  /** bytes that are no message */
  sendRaw: (bytes: Buffer) => void;
  unloadDelayMs: number;
  settings: () => FakeSettings;
  log: (entry: LogEntry) => void;
}

/** Of all methods that are served. What stands in it is believed: our own client sends it. */
interface Params {
  threadId: string;
  turnId: string;
  processId: string;
  clientInfo: { name: string; version: string };
  capabilities: { experimentalApi?: boolean } | null;
  input: { text?: string }[];
  target: { type: string; branch?: string };
  [more: string]: unknown;
}

const MAX_CHARACTERS = 1_048_576;

/** One connection of `codex app-server`. What it answers was compared with 0.169: tests/real/fake-codex.test.ts. */
export class Server {
  readonly options: ServerOptions;
  /** Nothing goes in or out any more. */
  muted = false;
  #initialized = false;
  #experimental = false;
  #nextRequest = 0;
  readonly #threads = new Map<string, Thread>();
  readonly #asked = new Map<unknown, (answer: unknown) => void>();
  readonly #served = new Map<string, number>();

  constructor(options: ServerOptions) {
    this.options = options;
  }

  receive(line: string): void {
    if (this.muted || line.trim() === '') return;
    const { id, method, params = {}, result, error } = JSON.parse(line);
    if (method === undefined) {
      this.options.log({ kind: 'answer', pid: process.pid, id, answer: error ? { error } : { result } });
      this.#asked.get(id)?.(result ?? { error });
      return;
    }
    if (id === undefined) return;
    this.options.log({ kind: 'request', pid: process.pid, method, params });
    void this.#serve(id, method, params);
  }

  notify(method: string, params: object): void {
    if (!this.muted) this.options.send({ method, params, emittedAtMs: Date.now() });
  }

  /** Asks the client, as for an approval. */
  ask(method: string, params: object): Promise<unknown> {
    const id = this.#nextRequest++;
    this.options.send({ method, id, params });
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  /** The client is gone, or TERM came. */
  end(): void {
    for (const thread of this.#threads.values()) thread.unload();
  }

  /** An agent's thread: in the configuration of its parent, subscribed to as that is. */
  startAgent(parent: Thread, prompt: string): string {
    const config = { 'shell_environment_policy.set': parent.environment };
    const thread = new Thread(this, newId(), { cwd: parent.cwd, config }, parent.id);
    this.#threads.set(thread.id, thread);
    thread.startTurn(prompt);
    return thread.id;
  }

  unloaded(thread: Thread): void {
    if (this.#threads.get(thread.id) !== thread) return;
    this.#threads.delete(thread.id);
    this.notify('thread/status/changed', { threadId: thread.id, status: { type: 'notLoaded' } });
    this.notify('thread/closed', { threadId: thread.id });
  }

  async #serve(id: unknown, method: string, params: Params): Promise<void> {
    const { mute, dieOn, slow } = this.options.settings();
    if ([mute].flat().includes(method)) return;
    if (dieOn === method) {
      console.error(`thread 'main' panicked at ${method}`);
      process.exit(101);
    }
    try {
      if (slow?.[method] !== undefined) await delay(slow[method]);
      const result = this.#answer(method, params);
      if (!this.muted) this.options.send({ id, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, data } = error;
      this.options.send({ error: { code, ...(data === undefined ? {} : { data }), message }, id });
    }
  }

  #answer(method: string, params: Params): object {
    this.#refuseAsTold(method);
    if (method === 'initialize') return this.#initialize(params);
    if (!this.#initialized) throw new Refusal('Not initialized');
    const handler = this.#handlers[method];
    if (!handler) throw new Refusal(`Invalid request: unknown variant \`${method}\`, expected one of …`);
    if (method.startsWith('thread/backgroundTerminals/') && !this.#experimental)
      throw new Refusal(`${method} requires experimentalApi capability`);
    return handler(params);
  }

  #refuseAsTold(method: string): void {
    const { refuse, overloaded } = this.options.settings();
    const refusal = refuse?.[method];
    if (refusal) throw new Refusal(refusal.message, refusal.code);
    const served = this.#served.get(method) ?? 0;
    this.#served.set(method, served + 1);
    if (served < (overloaded?.[method] ?? 0)) throw new Refusal('Server overloaded; retry later.', -32_001);
  }

  #initialize({ clientInfo, capabilities }: Params): object {
    if (this.#initialized) throw new Refusal('Already initialized');
    this.#initialized = true;
    const { name, version } = clientInfo;
    this.#experimental = capabilities?.experimentalApi === true;
    const codex = this.options.settings().version ?? OWN_VERSION;
    const userAgent = `${name}/${codex} (Fake 1.0.0; x86_64) dumb (${name}; ${version})`;
    return {
      userAgent,
      codexHome: process.env.CODEX_HOME ?? '',
      platformFamily: 'unix',
      platformOs: 'linux',
    };
  }

  readonly #handlers: Record<string, (params: Params) => object> = {
    'config/read': () => {
      const { config, origins = {} } = this.options.settings();
      return { config: { sandbox_mode: null, ...config }, origins };
    },
    'configRequirements/read': () => ({ requirements: this.options.settings().requirements ?? null }),
    'account/read': () => ({ account: this.options.settings().account ?? null, requiresOpenaiAuth: true }),
    'account/rateLimits/read': () => this.#rateLimits(),
    'thread/start': (params) => this.#open(new Thread(this, newId(), params)),
    'thread/resume': (params) => this.#resume(params),
    'thread/read': ({ threadId }) => ({ thread: this.#loaded(threadId).describe().thread }),
    'thread/loaded/list': () => ({ data: [...this.#threads.keys()], nextCursor: null }),
    'thread/unsubscribe': ({ threadId }) => this.#unsubscribe(threadId),
    'turn/start': (params) => this.#startTurn(params),
    'turn/interrupt': ({ threadId, turnId }) => this.#loaded(threadId).interrupt(turnId),
    'review/start': (params) => this.#startReview(params),
    'thread/backgroundTerminals/list': ({ threadId }) => this.#loaded(threadId).terminals(),
    'thread/backgroundTerminals/terminate': ({ threadId, processId }) =>
      this.#loaded(threadId).terminate(processId),
    'thread/backgroundTerminals/clean': ({ threadId }) => this.#loaded(threadId).clean(),
  };

  #rateLimits(): object {
    const { rateLimits } = this.options.settings();
    if (!rateLimits) throw new Refusal('codex account authentication required to read rate limits');
    return { rateLimits };
  }

  #loaded(threadId: string): Thread {
    const thread = this.#threads.get(threadId);
    if (!thread) throw new Refusal(`thread not found: ${threadId}`);
    return thread;
  }

  #open(thread: Thread): object {
    this.#threads.set(thread.id, thread);
    const answer = thread.describe();
    setImmediate(() => this.notify('thread/started', { thread: answer.thread }));
    return answer;
  }

  /** A loaded thread keeps the configuration that it was loaded with. */
  #resume(params: Params): object {
    const { threadId } = params;
    const loaded = this.#threads.get(threadId);
    if (loaded) {
      loaded.subscribed = true;
      return loaded.describe();
    }
    if (!hasRollout(threadId)) throw new Refusal(`no rollout found for thread id ${threadId}`);
    if (isLocked(threadId)) throw new Refusal(`thread ${threadId} already has an active writer`);
    return this.#open(new Thread(this, threadId, params));
  }

  #unsubscribe(threadId: string): object {
    const thread = this.#threads.get(threadId);
    if (!thread) return { status: 'notLoaded' };
    if (!thread.subscribed) return { status: 'notSubscribed' };
    thread.subscribed = false;
    setTimeout(() => thread.unloadIfIdle(), this.options.unloadDelayMs).unref();
    return { status: 'unsubscribed' };
  }

  #startTurn({ threadId, input, approvalPolicy }: Params): object {
    const thread = this.#loaded(threadId);
    const { allowedApprovalPolicies: allowed } = this.options.settings().requirements ?? {};
    if (allowed && !allowed.includes(String(approvalPolicy)))
      throw new Refusal('invalid thread settings override: invalid value for `approval_policy`');
    const text = input.map((part) => part.text ?? '').join('\n');
    const characters = [...text].length;
    if (characters > MAX_CHARACTERS) {
      const data = {
        input_error_code: 'input_too_large',
        max_chars: MAX_CHARACTERS,
        actual_chars: characters,
      };
      throw new Refusal(`Input exceeds the maximum length of ${MAX_CHARACTERS} characters.`, -32_602, data);
    }
    return { turn: wireTurn(thread.startTurn(text), 'inProgress') };
  }

  #startReview({ threadId, target }: Params): object {
    const { type, branch } = target;
    const subject = type === 'baseBranch' ? `changes against '${branch}'` : 'current changes';
    const prompt = this.options.settings().review ?? '[[say:Looks good.]]';
    const turnId = this.#loaded(threadId).startReview(subject, prompt);
    return { turn: wireTurn(turnId, 'inProgress', { rootTurnId: null }), reviewThreadId: threadId };
  }
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { until } from '../wait.ts';

export interface Notification {
  method: string;
  params: Record<string, unknown>;
}

interface Reply {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** What a finished turn tells; the rest of the protocol's types: `codex app-server generate-ts`. */
export interface FinishedTurn {
  id: string;
  status: 'completed' | 'interrupted' | 'failed';
  error: { message: string; codexErrorInfo: unknown } | null;
}

/** `codex app-server` over stdio: JSON-RPC without the version field, one message a line. */
export class AppServer implements AsyncDisposable {
  static async start(
    program: string,
    args: string[],
    options: { env: Record<string, string>; cwd: string },
  ): Promise<AppServer> {
    const server = new AppServer(spawn(program, ['app-server', ...args], { ...options, stdio: 'pipe' }));
    await server.request('initialize', {
      clientInfo: { name: 'real-tests', title: null, version: '0.0.0' },
      capabilities: { experimentalApi: true, requestAttestation: false },
    });
    server.send({ method: 'initialized' });
    return server;
  }

  /** All that came without being asked for, in order. */
  readonly notifications: Notification[] = [];
  /** How requests for an approval are answered. */
  approves = false;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #replies = new Map<number, Reply>();
  readonly #closed: Promise<number | null>;
  #stderr = '';
  #nextId = 1;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    createInterface({ input: child.stdout }).on('line', (line) => this.#receive(line));
    this.#closed = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code) => {
        for (const { reject } of this.#replies.values())
          reject(new Error(`The app-server ended with ${code}:\n${this.#stderr}`));
        this.#replies.clear();
        resolve(code);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws an Error with the server's message */
  request(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#replies.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async startThread(params: object): Promise<string> {
    const { thread } = await this.request('thread/start', params);
    return (thread as { id: string }).id;
  }

  /** One turn from its prompt to its end. */
  async turn(threadId: string, prompt: string, params: object = {}): Promise<FinishedTurn> {
    const input = [{ type: 'text', text: prompt, text_elements: [] }];
    const { turn } = await this.request('turn/start', { threadId, input, ...params });
    const { id } = turn as FinishedTurn;
    const ended = await until(`turn ${id} has ended`, () => this.#completion(id));
    return ended.params.turn as FinishedTurn;
  }

  #completion(id: string): Notification | undefined {
    return this.notifications.find(
      ({ method, params }) => method === 'turn/completed' && (params.turn as FinishedTurn).id === id,
    );
  }

  /** Ends the server as its client's end does, and returns its exit status. */
  close(): Promise<number | null> {
    this.#child.stdin.end();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #receive(line: string): void {
    if (line.trim() === '') return;
    const message = JSON.parse(line);
    if (message.method !== undefined && message.id === undefined) {
      this.notifications.push(message);
    } else if (message.method !== undefined) {
      // Asked for an approval. Any other question gets an answer that it cannot read, which ends the wait too.
      this.send({ id: message.id, result: { decision: this.approves ? 'accept' : 'decline' } });
    } else {
      const reply = this.#replies.get(message.id);
      this.#replies.delete(message.id);
      if (message.error) reply?.reject(new Error(message.error.message));
      else reply?.resolve(message.result);
    }
  }
}

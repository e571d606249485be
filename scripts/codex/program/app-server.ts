import { type ChildProcess, spawn } from 'node:child_process';
import { CompanionError } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { withPathsFrom } from '../../process/environment.ts';
import { identify } from '../../process/identity.ts';
import { signalGroup } from '../../process/signal.ts';
import { directoryOrRoot } from '../../process/spawn.ts';
import { type CodexConnection, threadRouter } from '../wire/connection.ts';
import { within } from '../wire/deadlines.ts';
import type { BadLine } from '../wire/json-lines.ts';
import { withOverloadRetry } from '../wire/overload.ts';
import { isObject, type RpcAnswer, rpcPeer } from '../wire/rpc.ts';
import { answerServerRequest } from '../wire/server-requests.ts';
import { type CodexProgram, codexVersion } from './locate.ts';
import { refusalOf, versionIn } from './version.ts';

export interface AppServerOptions {
  program: CodexProgram;
  /** The whole environment. Threads of several callers share the process: give each its own (turn.ts). */
  environment: Record<string, string>;
  /** where it is started, if that is there: which Codex a shim means is told by that. Threads have their own. */
  workspaceRoot: string | null;
  clientVersion: string;
  /** milliseconds for `initialize`, and for requests that name no other limit; 30,000; 0: as long as it lives */
  stepMs?: number;
  /** Aborted, it is not waited for any longer before it is initialized; the reason is an Error. */
  signal?: AbortSignal;
  /** Sees every notification, before those who listen to its thread. A promise given back holds the reading up. */
  onNotification?: (method: string, params: unknown) => void | Promise<void>;
  /** Sees the app-server's requests and what was answered. */
  onServerRequest?: (method: string, params: unknown, answer: RpcAnswer) => void;
  onBadLine?: (line: BadLine) => void;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running, initialized `codex app-server`. */
export interface AppServer extends CodexConnection {
  readonly identity: ProcessIdentity | undefined;
  readonly pid: number;
  /** from the answer to `initialize`, e.g. "codex-companion/0.169.0 (Debian …)" */
  readonly userAgent: string;
  readonly codexHome: string;
  readonly exited: Promise<Exit>;
  /** The last 16 KiB of its stderr, without colours. */
  stderrTail(): string;
  /** Ends it: stdin closed (it then leaves within 110 ms), after 2 s TERM to its group, after 2 more KILL. */
  stop(): Promise<Exit>;
  [Symbol.asyncDispose](): Promise<void>;
}

const STDERR_TAIL_CHARACTERS = 16 * 1024;
const STOP_STEP_MS = 1_000;
const SETTINGS = [
  // An unsubscribed thread is unloaded at once, which frees it for `codex resume` elsewhere.
  'thread_unload_delay_secs=0',
  // A snapshot writes the app-server's whole environment, keys and all, to CODEX_HOME/shell_snapshots (0.169, tried).
  'features.shell_snapshot=false',
];
/** stdout ends a moment before the exit is known; waiting for it makes the reason exact. */
const EXIT_AFTER_EOF_MS = 1_000;

/**
 * Starts `codex app-server` over stdio in a session of its own and initializes it. Unsubscribed threads are unloaded at
 * once, which frees them for `codex resume` elsewhere.
 * @throws CompanionError `codex-missing` (cannot be started), `codex-failed` (died, mute, or refused `initialize`),
 *   `codex-unsupported` (too old for us)
 */
export async function startAppServer(options: AppServerOptions): Promise<AppServer> {
  const { program, stepMs = 30_000 } = options;
  const args = [...program.args, 'app-server', ...SETTINGS.flatMap((setting) => ['-c', setting])];
  const child = spawn(program.command, args, {
    cwd: directoryOrRoot(options.workspaceRoot),
    env: { ...withPathsFrom(process.cwd, options.environment), ...program.environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = tail(child.stderr);
  const exited = exitOf(child);
  await spawned(child, program);
  const pid = child.pid as number;
  const identity = identify(pid);

  const router = threadRouter();
  const peer = rpcPeer({
    input: child.stdout,
    output: child.stdin,
    deadlineMs: stepMs,
    onNotification(method, params) {
      const held = options.onNotification?.(method, params);
      if (!held) return router.deliver(method, params);
      return held.then(() => router.deliver(method, params));
    },
    onRequest(method, params) {
      const answer = answerServerRequest(method, params);
      options.onServerRequest?.(method, params, answer);
      return answer;
    },
    ...(options.onBadLine ? { onBadLine: options.onBadLine } : {}),
    explainClose: async (reason) => describeEnd(await within(exited, EXIT_AFTER_EOF_MS), reason, stderr()),
  });

  async function stop(): Promise<Exit> {
    peer.close('codex app-server was stopped');
    child.stdin.destroy();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const exit = await within(exited, STOP_STEP_MS);
      if (exit) return exit;
      if (identity) signalGroup(identity, signal);
    }
    return exited;
  }

  const hello = await Promise.race([initialize(), whenAborted(options.signal)]).catch(
    async (cause: Error) => {
      await stop();
      throw await startFailure(options, cause);
    },
  );
  const refusal = refusalOf(versionIn(hello.userAgent));
  if (refusal) {
    await stop();
    throw refusal;
  }

  async function initialize(): Promise<{ userAgent: string; codexHome: string }> {
    const answer = await peer.request('initialize', {
      clientInfo: { name: 'codex-companion', title: 'Codex Companion', version: options.clientVersion },
      // experimentalApi opens thread/backgroundTerminals/*, without which a cancelled turn's commands go on.
      capabilities: { experimentalApi: true, requestAttestation: false },
    });
    await peer.notify('initialized');
    const { userAgent, codexHome } = isObject(answer) ? answer : {};
    return { userAgent: String(userAgent ?? ''), codexHome: String(codexHome ?? '') };
  }

  return {
    ...hello,
    pid,
    identity,
    exited,
    closed: peer.closed,
    request: withOverloadRetry(peer.request),
    onNotification: router.onNotification,
    stderrTail: stderr,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Only here is a process spent on the version: a Codex from before `app-server` tells it nowhere else. */
async function startFailure(
  { program, environment, workspaceRoot, signal }: AppServerOptions,
  cause: Error,
): Promise<CompanionError> {
  // The cause says more than this failure does.
  const version = signal?.aborted
    ? ''
    : await codexVersion(program, environment, workspaceRoot).catch(() => '');
  return (
    refusalOf(version) ??
    new CompanionError('codex-failed', `codex app-server did not start: ${cause.message}`, {
      hint: 'codex-companion doctor',
      cause,
    })
  );
}

function spawned(child: ChildProcess, program: CodexProgram): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new CompanionError('codex-missing', `Cannot start ${program.command}: ${cause.message}`, { cause }),
      ),
    );
  });
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', () => {}); // a failed start is told by `spawned`; afterwards the exit says it all
  });
}

function tail(stream: NodeJS.ReadableStream): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_TAIL_CHARACTERS);
  });
  return () => kept.replace(/\x1b\[[0-9;]*m/g, '');
}

function describeEnd(exit: Exit | undefined, reason: string, stderr: string): string {
  if (!exit) return `codex app-server: ${reason}`;
  if (exit.signal) return `codex app-server was ended by ${exit.signal}`;
  const lines = stderr.split('\n').filter((line) => line.trim() && !NOISE.test(line));
  const lastWords = exit.code === 0 ? '' : lines.slice(-3).join(' · ').slice(0, 500);
  return `codex app-server exited with status ${exit.code}${lastWords ? ` (${lastWords})` : ''}`;
}

/** What Codex 0.169 prints on every start in a container or under a temp directory, and which explains nothing. */
const NOISE = /could not (create|update) PATH aliases|could not find bubblewrap/;

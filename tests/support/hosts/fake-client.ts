import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { HostName } from '../../../scripts/domain/base/hosts.ts';
import { until } from '../wait.ts';
import type { World } from '../world.ts';
import { pluginOf } from './hooks.ts';
import { patientPath } from './patient-node.ts';

/**
 * A stand-in for a host, for stories that need many sessions quickly: a process named `claude` or `codex` that runs command
 * lines and hooks as its children, with the variables that the real one gives them. The real one is in tests/real.
 */
export class FakeClient implements AsyncDisposable {
  readonly sessionId: string;
  readonly host: HostName;
  /** the folder of the plugin that it has loaded */
  plugin: string;
  readonly #process: ChildProcessByStdio<Writable, null, null>;
  readonly #folder: string;
  readonly #path: string | undefined;
  #calls = 0;

  /** @param session one that another client has open, too */
  constructor(world: World, host: HostName = 'claude-code', session: string = randomUUID()) {
    this.host = host;
    this.sessionId = session;
    this.plugin = pluginOf(world);
    this.#path = world.env.PATH;
    this.#folder = join(world.folder, `client-${randomUUID()}`);
    mkdirSync(this.#folder);
    // The kernel names a script's process after the script.
    const program = join(this.#folder, host === 'codex' ? 'codex' : 'claude');
    writeFileSync(program, '#!/bin/sh\nwhile read -r line; do eval "$line"; done\n', { mode: 0o755 });
    const own =
      host === 'codex'
        ? { CODEX_THREAD_ID: this.sessionId }
        : { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: this.sessionId };
    const env = { ...world.env, ...own };
    this.#process = spawn(program, [], { cwd: world.workspace, env, stdio: ['pipe', 'ignore', 'inherit'] });
    this.#process.stdin.on('error', () => {}); // it may have been killed, which the test then sees
  }

  /** `node …/companion.cjs`, for command lines; a module in 1.1.0 */
  get companion(): string {
    const bundles = ['companion.cjs', 'companion.mjs'].map((name) => join(this.plugin, 'dist', name));
    return `${process.execPath} '${bundles.find((file) => existsSync(file))}'`;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Runs a command line as the agent's shell would, to its end; returns its stdout. */
  async shell(line: string): Promise<string> {
    const out = this.start(line);
    await until(`the client's command has ended: ${line}`, () => existsSync(`${out}.status`));
    const status = readFileSync(`${out}.status`, 'utf8').trim();
    const text = readFileSync(out, 'utf8');
    if (status !== '0')
      throw new Error(`${line} ended with ${status}: ${text}${readFileSync(`${out}.err`, 'utf8')}`);
    return text;
  }

  /** Starts a command line and does not wait for it; returns the file that gets its stdout. */
  start(line: string): string {
    const out = join(this.#folder, `call-${++this.#calls}`);
    const done = `echo $? > ${out}.part; mv ${out}.part ${out}.status`;
    const script = `${out}.sh`;
    writeFileSync(script, `{ ${line}; } >${out} 2>${out}.err </dev/null; ${done}\n`);
    // Not a subshell: that would be another process named `claude`.
    this.#process.stdin.write(`sh ${script} &\n`);
    return out;
  }

  /** The id of a background job enqueued by the agent. */
  async background(command: string): Promise<string> {
    return JSON.parse(await this.shell(`${this.companion} run --background --json -- ${command}`)).jobId;
  }

  /** The id of a foreground job that the agent's shell waits for; the wait goes on. */
  async foreground(command: string): Promise<string> {
    const out = this.start(`${this.companion} run -- ${command}`);
    const told = await until('the foreground command has told its job id', () =>
      existsSync(`${out}.err`)
        ? /run-[a-z0-9]+-[a-z0-9]+/.exec(readFileSync(`${out}.err`, 'utf8'))?.[0]
        : undefined,
    );
    return told;
  }

  async hook(event: string, extra: Record<string, unknown> = {}): Promise<string> {
    const input = join(this.#folder, `input-${++this.#calls}`);
    writeFileSync(input, JSON.stringify({ session_id: this.sessionId, hook_event_name: event, ...extra }));
    const hook = join(this.plugin, 'hooks/session-hook.sh');
    const line = `sh '${hook}' ${this.host} ${event} <${input}`;
    return this.shell(`PATH='${patientPath(this.#folder, this.#path)}' ${line}`);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process.kill(signal);
    await once(this.#process, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, 'exit');
  }
}

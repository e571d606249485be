import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../scratch.ts';
import type { World } from '../world.ts';
import { pluginOf } from './hooks.ts';
import { patientPath } from './patient-node.ts';

/** The real one waits 0.65 s. */
const DEBOUNCE_MS = 20;

export type NoticeEvent = 'SessionStart' | 'SessionEnd' | 'UserPromptSubmit' | 'FileChanged' | 'Stop';

/**
 * A stand-in for Claude Code as far as notices go, for stories that need many quickly: it runs the plugin's hook command
 * lines in sessions of their own, watches what SessionStart asks for, and hears what a hook says with exit status 2 on
 * stderr or as additionalContext, which it puts into its transcript. The real one is in tests/real.
 */
export class NoticeHost implements AsyncDisposable {
  readonly session: string;
  readonly transcript: string;
  /** everything that reached the model, in order */
  readonly heard: string[] = [];
  /** kills the next doorbell hook this many milliseconds after its start */
  killHookAfterMs: number | undefined;
  /** drops what doorbell hooks say, as a client that dies in that moment, or `claude -p`, does */
  deaf = false;
  /** the folder of the plugin that it has loaded */
  plugin: string;
  readonly #world: World;
  readonly #env: Record<string, string>;
  readonly #watchers: FSWatcher[] = [];
  readonly #calls = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  readonly #programs = scratch('client');
  readonly #client: ChildProcess;

  constructor(world: World, session: string, env: Record<string, string> = {}) {
    this.#world = world;
    this.plugin = pluginOf(world);
    this.session = session;
    this.transcript = join(world.folder, `${session}.jsonl`);
    this.#client = aClient(this.#programs.path);
    this.#env = { CLAUDE_CODE_ENTRYPOINT: 'cli', CLAUDE_PID: String(this.#client.pid), ...env };
    writeFileSync(this.transcript, '');
  }

  async start(source = 'startup'): Promise<void> {
    const { stdout } = await this.call('SessionStart', { source });
    const paths: string[] = JSON.parse(stdout || '{}').hookSpecificOutput?.watchPaths ?? [];
    if (paths.length === 0) throw new Error(`SessionStart asked for nothing to be watched: ${stdout}`);
    for (const path of paths) this.#watchers.push(watch(path, () => this.#ring()));
  }

  /** A hook to its end, and what it said heard. */
  async call(event: NoticeEvent, input: object = {}, killAfterMs?: number): Promise<{ stdout: string }> {
    if (event === 'SessionEnd') for (const watcher of this.#watchers) watcher.close();
    const child = spawn('/bin/sh', ['-c', commandOf(this.plugin, event)], {
      cwd: this.#world.workspace,
      detached: true,
      env: {
        ...this.#world.env,
        ...{
          CLAUDECODE: '1',
          CLAUDE_CODE_SESSION_ID: this.session,
          CLAUDE_PROJECT_DIR: this.#world.workspace,
        },
        PATH: patientPath(this.#programs.path, this.#world.env.PATH),
        ...{ CLAUDE_PLUGIN_ROOT: this.plugin, ...this.#env },
      },
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
    child.stdin.on('error', () => {}); // a fast path reads nothing
    child.stdin.end(JSON.stringify(this.#input(event, input)));
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => killGroup(child.pid), killAfterMs);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    if (event === 'FileChanged' && code === 2 && !this.deaf) this.#hear(said.stderr);
    if (event !== 'FileChanged' && code === 0 && said.stdout.includes('additionalContext'))
      this.#hear(JSON.parse(said.stdout).hookSpecificOutput.additionalContext);
    return said;
  }

  /** No doorbell hook runs or is about to. */
  async quiet(): Promise<void> {
    while (this.#timer !== undefined || this.#calls.size > 0)
      await (this.#calls.size > 0
        ? Promise.all(this.#calls)
        : new Promise((resolve) => setTimeout(resolve, 5)));
  }

  #input(event: NoticeEvent, input: object): object {
    const { session, transcript } = this;
    const common = { session_id: session, transcript_path: transcript, cwd: this.#world.workspace };
    return { ...common, hook_event_name: event, ...input };
  }

  #ring(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const killAfter = this.killHookAfterMs;
      this.killHookAfterMs = undefined;
      const call = this.call('FileChanged', { event: 'change' }, killAfter);
      this.#calls.add(call);
      call.finally(() => this.#calls.delete(call)).catch(() => {}); // `quiet` tells
    }, DEBOUNCE_MS);
  }

  #hear(text: string): void {
    this.heard.push(text);
    appendFileSync(this.transcript, `${JSON.stringify({ type: 'user', message: { content: text } })}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watcher of this.#watchers) watcher.close();
    await this.quiet();
    this.#client.stdin?.end();
    await once(this.#client, 'exit');
    this.#programs[Symbol.dispose]();
  }
}

/** A process named `claude`, which is there as long as it is not ended. It is none of the world's: nothing waits for its end. */
function aClient(folder: string): ChildProcess {
  const program = join(folder, 'claude');
  // The kernel names a script's process after the script.
  writeFileSync(program, '#!/bin/sh\nread -r end\n', { mode: 0o755 });
  return spawn(program, [], { cwd: '/', env: {}, stdio: ['pipe', 'ignore', 'ignore'] });
}

function commandOf(plugin: string, event: NoticeEvent): string {
  const declared = JSON.parse(readFileSync(join(plugin, 'hooks/hooks.json'), 'utf8')).hooks;
  return declared[event][0].hooks[0].command;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it was faster
  }
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../wait.ts';
import type { CliResult, World } from '../world.ts';
import { type HookOptions, startHook } from './hooks.ts';

/**
 * The shell tool of Claude Code, as 2.1.197 and 2.1.329 call it: a hook before the command, then one shell that reads
 * the user's functions, what hooks have written for it, and the command in `eval '…'`.
 */
export class AgentShell {
  readonly #world: World;
  readonly #session: string;
  readonly #program: string;
  readonly #folder: string;
  #calls = 0;

  /** @param program the user's shell, absolute */
  static async of(world: World, program = '/bin/bash', session = 'session-1'): Promise<AgentShell> {
    const shell = new AgentShell(world, program, session);
    const start = {
      event: 'SessionStart',
      session,
      env: { CLAUDE_ENV_FILE: shell.#environmentFile },
    } as const;
    // On a loaded machine the hook may give up: it must not hold up a session.
    const written = async () => {
      await startHook(world, start).ended;
      return existsSync(shell.#environmentFile);
    };
    await until('the session’s start has written for its shells', written);
    return shell;
  }

  private constructor(world: World, program: string, session: string) {
    this.#world = world;
    this.#program = program;
    this.#session = session;
    this.#folder = join(world.folder, `claude ${session}`);
    mkdirSync(join(this.#folder, 'shell-snapshots'), { recursive: true });
    writeFileSync(
      this.#snapshot,
      'hello() { echo "hello, $*"; }\nshopt -s expand_aliases\nalias again=hello\n',
    );
  }

  /** The directory of the session's tickets. */
  get tickets(): string {
    return join(this.#world.stateRoot, 'sessions', `claude-code-${this.#session}`, 'tickets');
  }

  /** Where the host's shell notes its directory, once it is through. */
  get directory(): string {
    const file = join(this.#folder, 'cwd');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  }

  /** The hook before a command; the fields are those of the tool's input. */
  async before(command: string, fields: Record<string, unknown> = {}, options: Partial<HookOptions> = {}) {
    const input = {
      ...{ tool_name: 'Bash', tool_use_id: `toolu_${++this.#calls}`, permission_mode: 'default' },
      tool_input: { command, description: 'Say it', ...fields },
      ...options.input,
    };
    const { code, stdout, stderr } = await startHook(this.#world, {
      ...{ event: 'PreToolUse', session: this.#session },
      ...options,
      input,
    }).ended;
    return { code, stdout, stderr };
  }

  /** The command itself, which the host has let run. */
  async run(command: string, env: Record<string, string | undefined> = {}): Promise<CliResult> {
    const hooks = readFileSync(this.#environmentFile, 'utf8');
    const quoted = command.replaceAll("'", `'"'"'`);
    const text = [
      `source ${word(this.#snapshot)} 2>/dev/null || true && ${hooks}`,
      `: && shopt -u extglob 2>/dev/null || true && eval '${quoted}' < /dev/null && pwd -P >| ${word(join(this.#folder, 'cwd'))}`,
    ].join('\n');
    return this.#world.startWith({
      program: [this.#program, '-c', text],
      env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: this.#session, ...env },
    }).ended;
  }

  /** Hook and command, as it goes where the host refuses nothing. */
  async call(command: string, fields: Record<string, unknown> = {}): Promise<CliResult> {
    await this.before(command, fields);
    return this.run(command);
  }

  get #environmentFile(): string {
    return join(this.#folder, 'sessionstart-hook-0.sh');
  }

  get #snapshot(): string {
    return join(this.#folder, 'shell-snapshots', 'snapshot-bash-1-a.sh');
  }
}

function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

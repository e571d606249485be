import { readFileSync, writeFileSync } from 'node:fs';
import { PATIENCE_MS, until } from '../wait.ts';
import type { Account } from './account.ts';
import { Terminal } from './tmux.ts';

let count = 0;

/** How a client is driven that differs from the others. */
export interface Manners {
  /** stands on the screen when it waits for a prompt */
  prompt: RegExp;
  /** the line that ends it */
  quit: string;
}

/** An interactive client, driven as a person does: by its screen and keys. */
export class ClientSession implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #statusFile: string;
  readonly #manners: Manners;
  readonly pid: number;

  /** @param command the client and its arguments */
  static async start(
    account: Account,
    command: string[],
    { cwd, env }: { cwd: string; env: Record<string, string> },
    manners: Manners,
  ): Promise<ClientSession> {
    const name = `t${++count}`;
    const [script, pidFile, statusFile] = ['sh', 'pid', 'status'].map((kind) =>
      account.path(`${name}.${kind}`),
    ) as [string, string, string];
    const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    // The inner shell notes its pid and becomes the client; the outer one notes the exit status and stays, so
    // that the last screen can be read.
    const becomeClient = `echo $$ >${quoted(pidFile)}; exec "$@"`;
    const client = ['env', '-i', ...variables, '/bin/sh', '-c', becomeClient, 'sh', ...command];
    writeFileSync(
      script,
      `cd ${quoted(cwd)} || exit\n${client.map(quoted).join(' ')}\necho $? >${quoted(statusFile)}\nread -r _\n`,
    );
    const terminal = new Terminal(account.path(`${name}.sock`), env, `/bin/sh ${quoted(script)}`);
    try {
      const pid = await until('the client has started', () => Number(read(pidFile)));
      const session = new ClientSession(terminal, pid, statusFile, manners);
      await session.waitScreen('its prompt', manners.prompt);
      return session;
    } catch (error) {
      terminal.close();
      throw error;
    }
  }

  private constructor(terminal: Terminal, pid: number, statusFile: string, manners: Manners) {
    this.#terminal = terminal;
    this.#statusFile = statusFile;
    this.#manners = manners;
    this.pid = pid;
  }

  screen(): string {
    return this.#terminal.screen();
  }

  /** Text that is not sent yet. */
  type(text: string): void {
    this.#terminal.type(text);
  }

  /** Keys by tmux's names, e.g. 'Enter', 'Escape', 'C-c'. */
  press(...keys: string[]): void {
    this.#terminal.press(...keys);
  }

  /** Waits until the screen shows a text, and returns the screen. `what` completes "the client shows …". */
  async waitScreen(what: string, wanted: string | RegExp, ms = PATIENCE_MS): Promise<string> {
    let screen = '';
    const shows = () => {
      screen = this.screen();
      return typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen);
    };
    try {
      await until(`the client shows ${what}`, shows, ms);
    } catch (cause) {
      throw new Error(`The client did not show ${what} within ${ms} ms. Its screen:\n${screen}`, { cause });
    }
    return screen;
  }

  /**
   * Types a line and presses Enter: a prompt, or a slash command. Claude Code 2.1.197 drops what is typed in the moment in
   * which a turn ends that a notice has begun; a person would type it again.
   */
  async say(line: string): Promise<void> {
    // Enter in the same breath counts as part of a pasted text. Long lines are wrapped on the screen.
    const tail = squeezed(line).slice(-20);
    const stands = () => squeezed(this.screen()).includes(tail);
    for (let tries = 15; ; tries--) {
      this.#terminal.type(line);
      try {
        await until('the line stands in the prompt', stands, 6_000);
        break;
      } catch (cause) {
        if (tries === 1) throw new Error(`No "${line}" in the prompt:\n${this.screen()}`, { cause });
        this.press('C-u');
      }
    }
    this.press('Enter');
  }

  /** The client's exit status; undefined while it runs. */
  get exitStatus(): number | undefined {
    const text = read(this.#statusFile);
    return text === '' ? undefined : Number(text);
  }

  /** Waits for the client's own end, and returns its exit status. */
  async exited(ms = PATIENCE_MS): Promise<number> {
    const status = await until('the client has exited', () => read(this.#statusFile), ms);
    return Number(status);
  }

  /** Leaves by its own command, and lets the client end what it runs in the background if it asks. */
  async exit(ms = PATIENCE_MS): Promise<number> {
    await this.say(this.#manners.quit);
    const asksOrExited = () => this.exitStatus !== undefined || /Exit and stop tasks/.test(this.screen());
    await until('the client exits, or asks about background work', asksOrExited, ms);
    if (this.exitStatus === undefined) this.press('Enter');
    return this.exited(ms);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Closes the terminal; a client that still runs gets SIGHUP. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#terminal.close();
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function squeezed(text: string): string {
  return text.replace(/[\s│|]/g, '');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

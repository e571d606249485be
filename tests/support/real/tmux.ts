import { execFileSync, spawnSync } from 'node:child_process';

/** Why interactive tests cannot run here, for `test(name, { skip })`; undefined where they can. */
export function tmuxMissing(): string | undefined {
  const { error } = spawnSync('tmux', ['-V'], { stdio: 'ignore' });
  return error ? 'needs tmux: an interactive client wants a terminal' : undefined;
}

/** A terminal without a screen: one window in a tmux server of its own. */
export class Terminal {
  readonly #socket: string;
  readonly #env: Record<string, string>;
  #closed = false;

  /** @param socket path of the server's socket; it ends with `close` */
  constructor(socket: string, env: Record<string, string>, command: string) {
    this.#socket = socket;
    this.#env = env;
    this.#tmux('new-session', '-d', '-x', '160', '-y', '50', '-s', 's', command);
  }

  /** What stands on the screen now. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-t', 's');
  }

  type(text: string): void {
    this.#tmux('send-keys', '-t', 's', '-l', text);
  }

  /** Keys by tmux's names, e.g. 'Enter', 'Escape', 'C-c'. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', '-t', 's', ...keys);
  }

  /** Ends the server, once; what still runs in the terminal gets SIGHUP. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], {
      env: this.#env,
      encoding: 'utf8',
    });
  }
}

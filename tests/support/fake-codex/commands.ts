import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';

/** A shell command of a turn: its own session and group, as Codex starts it under full access. */
export class Command {
  readonly processId = String(randomInt(1_000, 99_999));
  readonly text: string;
  readonly itemId: string;
  output = '';
  exitCode: number | null = null;
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  constructor(text: string, itemId: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.text = text;
    this.itemId = itemId;
    this.#child = spawn('/bin/bash', ['-c', text], {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => {
        this.output += part;
      });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.exitCode = code ?? -1;
        resolve(this.exitCode);
      };
      // Not 'close': what the command left in the background may hold the pipes.
      this.#child.on('exit', end);
      this.#child.on('error', () => end(-1));
    });
  }

  get running(): boolean {
    return this.exitCode === null;
  }

  /** Ends its whole group; false where it has ended by itself. */
  terminate(): boolean {
    if (!this.running || this.#child.pid === undefined) return false;
    try {
      return process.kill(-this.#child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }
}

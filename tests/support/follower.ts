import type { RunningCli, World } from './world.ts';

/** A line of `events`, as a program reads it. */
export interface ToldEvent {
  seq: number;
  next: number;
  type: string;
  jobId: string;
  [more: string]: unknown;
}

/** A program that follows the events and remembers how far it has read, whatever happens to its `events --follow`. */
export class Follower {
  /** the whole lines that all its runs have read, in order */
  readonly lines: string[] = [];
  readonly #world: World;
  #running: RunningCli;

  constructor(world: World) {
    this.#world = world;
    this.#running = this.#start();
  }

  get events(): ToldEvent[] {
    return [...this.lines, ...this.#read()].map((line) => JSON.parse(line));
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** SIGKILL, and a new one that begins where the last whole line ended. */
  async killAndRestart(): Promise<void> {
    await this.kill();
    this.#running = this.#start();
  }

  async kill(): Promise<void> {
    this.#running.signal('SIGKILL');
    await this.#running.ended;
    this.lines.push(...this.#read());
    this.#running.stdout = '';
  }

  #start(): RunningCli {
    const last = this.events.at(-1);
    const from = last ? ['--from', String(last.next)] : [];
    return this.#world.start('events', '--follow', ...from);
  }

  #read(): string[] {
    return this.#running?.stdout.split('\n').slice(0, -1) ?? [];
  }
}

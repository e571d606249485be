import assert from 'node:assert/strict';
import { until } from './wait.ts';
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

const LIMIT_MS = 120_000;

export async function untilAllEnded(follower: Follower, ids: string[]): Promise<void> {
  const isEnd = ({ type }: ToldEvent) => type === 'ended';
  const ended = () => new Set(follower.events.filter(isEnd).map(({ jobId }) => jobId));
  await until('every end is told', () => ids.every((id) => ended().has(id)), LIMIT_MS);
}

/** What a killed follower has read is what is on record, line by line: no gap and no repeat. */
export async function assertReadOnce(world: World, { lines }: Follower): Promise<void> {
  const { stdout } = await world.cli('events');
  assert.deepEqual(lines, stdout.split('\n').slice(0, lines.length));
}

/** Each of the jobs was queued, started and ended, in this order and once. */
export function assertWholeLives(follower: Follower, ids: string[]): void {
  const types = ['queued', 'started', 'ended'];
  for (const id of ids) {
    const life = follower.events.filter(({ jobId, type }) => jobId === id && types.includes(type));
    assert.deepEqual(
      life.map(({ type }) => type),
      types,
      id,
    );
  }
}

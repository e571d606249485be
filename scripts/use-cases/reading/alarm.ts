import { type FSWatcher, watch } from 'node:fs';
import { systemCode } from '../../domain/base/errors.ts';

/**
 * So many events of a directory in that time are a storm: somebody writes without pause. Each event costs the writer and
 * us (a `wait` halved the speed of a job that wrote 1 GB in pieces of 8 KB), so nobody listens for a moment, and looks.
 */
const STORM = { events: 16, withinMs: 20, restMs: 25 };

/** Rings when a file appears or changes in one of the directories; with `names`, only for files of these names. */
export class Alarm {
  readonly #watched = new Map<string, Watched>();
  readonly #names: readonly string[] | undefined;
  #ring: () => void = () => {};
  #rung = false;

  constructor(directories: string[], names?: readonly string[]) {
    this.#names = names;
    for (const directory of directories) this.#watch(directory);
  }

  /** From now on these directories and no others; true where one of them is new, and may have changed before. */
  watchOnly(directories: string[]): boolean {
    for (const [directory, watched] of this.#watched) {
      if (directories.includes(directory)) continue;
      watched.close();
      this.#watched.delete(directory);
    }
    const added = directories.filter((directory) => !this.#watched.has(directory));
    return added.map((directory) => this.#watch(directory)).includes(true);
  }

  /** False where no more watches are to be had (ENOSPC, EMFILE), or none here: the caller's limit remains. */
  #watch(directory: string): boolean {
    const watched = new Watched(directory, (name) => {
      if (!this.#names || name === null || this.#names.includes(name)) this.ring();
    });
    if (!watched.open()) return false;
    this.#watched.set(directory, watched);
    return true;
  }

  /** Resolves at the next ring, or at once for one that nobody has waited for; after `limitMs` in any case. */
  rings(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#rung) {
        this.#rung = false;
        resolve();
        return;
      }
      const timer = setTimeout(() => this.ring(), limitMs);
      this.#ring = () => {
        clearTimeout(timer);
        this.#rung = false;
        resolve();
      };
    });
  }

  ring(): void {
    this.#rung = true;
    const ring = this.#ring;
    this.#ring = () => {};
    ring();
  }

  close(): void {
    for (const watched of this.#watched.values()) watched.close();
  }
}

/** One directory. `changed` gets the name of the file, or null for "something may have". */
class Watched {
  readonly #directory: string;
  readonly #changed: (name: string | null) => void;
  #watcher: FSWatcher | undefined;
  #rest: NodeJS.Timeout | undefined;
  #since = 0;
  #events = 0;

  constructor(directory: string, changed: (name: string | null) => void) {
    this.#directory = directory;
    this.#changed = changed;
  }

  /** False where there is nothing to watch with. */
  open(): boolean {
    try {
      this.#watcher = watch(this.#directory, (_event, name) => {
        this.#changed(name);
        if (this.#isStorm()) this.#pause();
      });
      this.#watcher.on('error', () => this.#changed(null));
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  }

  close(): void {
    clearTimeout(this.#rest);
    this.#watcher?.close();
  }

  #isStorm(): boolean {
    const now = performance.now();
    if (now - this.#since > STORM.withinMs) [this.#since, this.#events] = [now, 0];
    this.#events += 1;
    return this.#events >= STORM.events;
  }

  #pause(): void {
    this.close();
    this.#events = 0;
    this.#rest = setTimeout(() => {
      this.open();
      this.#changed(null); // what happened meanwhile, nobody has told
    }, STORM.restMs);
  }
}

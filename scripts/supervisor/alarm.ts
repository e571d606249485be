import { type FSWatcher, watch } from 'node:fs';
import { systemCode } from '../domain/errors.ts';

/** Rings when a file appears or changes in one of the directories; with `names`, only for files of these names. */
export class Alarm {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #names: readonly string[] | undefined;
  #ring: () => void = () => {};
  #rung = false;

  constructor(directories: string[], names?: readonly string[]) {
    this.#names = names;
    for (const directory of directories) this.#watch(directory);
  }

  /** From now on these directories and no others; true where one of them is new, and may have changed before. */
  watchOnly(directories: string[]): boolean {
    for (const [directory, watcher] of this.#watchers) {
      if (directories.includes(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    const added = directories.filter((directory) => !this.#watchers.has(directory));
    return added.map((directory) => this.#watch(directory)).includes(true);
  }

  /** False where no more watches are to be had (ENOSPC, EMFILE), or none here: the caller's limit remains. */
  #watch(directory: string): boolean {
    try {
      const watcher = watch(directory, (_event, name) => {
        if (!this.#names || name === null || this.#names.includes(name)) this.ring();
      });
      watcher.on('error', () => this.ring());
      this.#watchers.set(directory, watcher);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
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
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}

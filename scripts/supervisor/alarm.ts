import { type FSWatcher, watch } from 'node:fs';
import { systemCode } from '../domain/errors.ts';

/** Rings when a file appears or changes in one of the directories; with `names`, only for files of these names. */
export class Alarm {
  readonly #watchers: FSWatcher[] = [];
  #ring: () => void = () => {};
  #rung = false;

  constructor(directories: string[], names?: readonly string[]) {
    for (const directory of directories) {
      try {
        const watcher = watch(directory, (_event, name) => {
          if (!names || name === null || names.includes(name)) this.ring();
        });
        watcher.on('error', () => this.ring());
        this.#watchers.push(watcher);
      } catch (error) {
        // No more watches to be had (ENOSPC, EMFILE) or none on this file system: the caller's limit remains.
        if (systemCode(error) === undefined) throw error;
      }
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
    for (const watcher of this.#watchers) watcher.close();
  }
}

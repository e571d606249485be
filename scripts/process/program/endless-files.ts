import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/*
 * Files of a repository that git opens by their names, wherever they lie. Where one is a FIFO or a device it waits, or reads,
 * for ever.
 */

const OF_A_DIRECTORY = ['.gitignore', '.gitattributes'];
const OF_A_REPOSITORY = ['HEAD', 'config', 'config.worktree', 'index', 'packed-refs', 'shallow'];
const INFO = ['exclude', 'attributes', 'sparse-checkout', 'grafts'].map((name) => join('info', name));

/** What can be looked at before git is asked: of the directory, those above it up to the root, and the repository itself. */
export function endlessAround(cwd: string, root: string): string | undefined {
  const files = [...OF_A_REPOSITORY, ...INFO].map((name) => join(root, '.git', name));
  for (let up = cwd; ; up = dirname(up)) {
    files.push(...OF_A_DIRECTORY.map((name) => join(up, name)));
    if (up === root || up === dirname(up)) break;
  }
  return files.find(isEndless);
}

/** So many directories are looked into, the upper ones first. */
const DIRECTORIES = 20_000;

/** The same in all directories below the root, where git has been silent for long. */
export function endlessBelow(root: string): string | undefined {
  const waiting = [root];
  for (let looked = 0; looked < DIRECTORIES; looked++) {
    const directory = waiting.shift();
    if (directory === undefined) return undefined;
    const found = OF_A_DIRECTORY.map((name) => join(directory, name)).find(isEndless);
    if (found !== undefined) return found;
    for (const entry of entriesOf(directory))
      if (entry.isDirectory() && entry.name !== '.git') waiting.push(join(directory, entry.name));
  }
  return undefined;
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // gone meanwhile, or not ours to read
  }
}

/** There, also behind a link, and neither a file nor a directory. */
export function isEndless(path: string): boolean {
  let stat: Stats | undefined;
  try {
    stat = statSync(path, { throwIfNoEntry: false });
  } catch {
    return false; // a link to itself, or nothing that we may look at: git has words for that
  }
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

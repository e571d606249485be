import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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

/** The same in all directories below the root, and anything in git's own, where git has been silent for long. */
export function endlessBelow(root: string): string | undefined {
  const ofWorkTree = firstBelow(root, ({ name }) => OF_A_DIRECTORY.includes(name), isEndless);
  if (ofWorkTree !== undefined) return ofWorkTree;
  for (const directory of repositoryOf(root)) {
    const found = firstBelow(directory, () => true, isPipeOrDevice);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstBelow(
  top: string,
  isRead: (entry: Dirent) => boolean,
  isBad: (path: string) => boolean,
): string | undefined {
  const waiting = [top];
  for (let looked = 0; looked < DIRECTORIES; looked++) {
    const directory = waiting.shift();
    if (directory === undefined) return undefined;
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== '.git') waiting.push(path);
      } else if (!entry.isFile() && isRead(entry) && isBad(path)) return path;
    }
  }
  return undefined;
}

/** The directories in which git keeps what belongs to the root: of a linked worktree its own, and the repository's. */
function repositoryOf(root: string): string[] {
  const git = join(root, '.git');
  const named = lineIn(git)?.replace(/^gitdir: /, '');
  if (named === undefined) return [git];
  const own = resolve(root, named);
  const common = lineIn(join(own, 'commondir'));
  return common === undefined ? [own] : [own, resolve(own, common)];
}

/** Bytes: it holds a path. */
const LINE_LIMIT = 8_192;

/** Undefined where it is no file of one line, or not ours to read. */
function lineIn(file: string): string | undefined {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > LINE_LIMIT) return undefined;
    return readFileSync(file, 'utf8').split('\n', 1)[0];
  } catch {
    return undefined;
  }
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
  const stat = statOf(path);
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

/** The same, but for sockets: git's own monitor has one in the repository, and to open it fails at once. */
function isPipeOrDevice(path: string): boolean {
  return isEndless(path) && statOf(path)?.isSocket() !== true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a link to itself, or nothing that we may look at: git has words for that
  }
}

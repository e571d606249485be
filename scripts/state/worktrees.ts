import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode } from '../domain/base/errors.ts';
import { makePrivateDirectory, readOwnFileIfAny, removeIfAny, writeDurably } from './files/durable.ts';
import { namesIn } from './files/names-in.ts';
import { NotPlain, readPlainFile } from './files/plain-file.ts';
import { layoutAt, type WorkspaceLayout, workspaceLayout } from './layout.ts';

/**
 * A linked worktree may be removed after the session that worked in it (`claude --worktree` does that): its main repository
 * is the heir of its jobs. As nothing tells of it then, both workspaces note it when a job is asked for: `main` in the
 * worktree's directory of state holds the root of the main repository, `worktrees/<name>` in that one's the worktree's root.
 */

const mainFile = (workspaceDirectory: string) => join(workspaceDirectory, 'main');
const worktreesOf = (workspaceDirectory: string) => join(workspaceDirectory, 'worktrees');

/** A list looks at so many removed worktrees, those that were noted last. */
const LOOKED_AT = 20;

/** Notes where the jobs of this workspace are to be found once it is removed; does nothing outside a linked worktree. */
export function noteWorktree({ root, workspaceRoot, directory }: WorkspaceLayout): void {
  const main = mainRepositoryOf(workspaceRoot);
  if (main === null || readOwnFileIfAny(mainFile(directory)) === main) return;
  const place = worktreesOf(workspaceLayout(root, main).directory);
  for (const needed of [place, directory]) makePrivateDirectory(needed);
  writeDurably(join(place, basename(directory)), workspaceRoot);
  writeDurably(mainFile(directory), main);
}

/** The workspaces of this repository's worktrees that were removed, those that were noted last; by its directory of state. */
export function removedWorktrees(root: string, workspaceDirectory: string): WorkspaceLayout[] {
  const place = worktreesOf(workspaceDirectory);
  const noted = namesIn(place).map((name) => {
    const path = join(place, name);
    return { name, path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  noted.sort((a, b) => b.at - a.at);
  const found = noted.flatMap(({ name, path }) => {
    const worktree = readOwnFileIfAny(path);
    if (!worktree || existsSync(worktree)) return [];
    return [layoutAt(root, worktree, join(root, 'workspaces', name))];
  });
  return found.slice(0, LOOKED_AT);
}

/** Removed worktrees of which no job is kept any more need no heir. */
export function forgetEmptyWorktrees({ root, directory }: WorkspaceLayout): void {
  for (const worktree of removedWorktrees(root, directory))
    if (namesIn(worktree.jobs).length === 0)
      removeIfAny(join(worktreesOf(directory), basename(worktree.directory)));
}

/** Is there a main repository to which the jobs of this workspace fall? */
export function hasMainRepository(workspaceDirectory: string): boolean {
  const main = readOwnFileIfAny(mainFile(workspaceDirectory));
  return main !== undefined && existsSync(main);
}

/** Bytes; each of the files holds one path. */
const LIMIT = 16 * 1024;

/**
 * The root of the repository that a linked worktree belongs to; null where it is none, or where that one is bare. Its `.git` is a
 * file that names a directory in the repository, which names the worktree in turn (gitrepository-layout(5)): a `.git` that
 * somebody made up does not lead into a repository of others.
 */
function mainRepositoryOf(workspaceRoot: string): string | null {
  const git = join(workspaceRoot, '.git');
  const named = pathIn(git, /^gitdir: (.+)$/m);
  if (!named) return null;
  const own = resolve(workspaceRoot, named);
  const back = pathIn(join(own, 'gitdir'), /^(.+)$/m);
  const common = pathIn(join(own, 'commondir'), /^(.+)$/m);
  if (!back || !common || real(resolve(own, back)) !== real(git)) return null;
  const repository = real(resolve(own, common));
  // Whoever writes into a checkout can make up all three files, but not one in the repository's own directory.
  if (repository === null || real(dirname(own)) !== join(repository, 'worktrees')) return null;
  return basename(repository) === '.git' ? dirname(repository) : null;
}

function pathIn(file: string, form: RegExp): string | undefined {
  try {
    return form.exec(readPlainFile(file, LIMIT))?.[1];
  } catch (error) {
    // Not there, a directory as in most repositories, or nothing that we may read.
    if (error instanceof NotPlain || systemCode(error) !== undefined) return undefined;
    throw error;
  }
}

function real(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import {
  createPrivateDirectory,
  makePrivateDirectory,
  notWritable,
  requireOwnDirectory,
} from '../../state/files/durable.ts';
import { namesIn } from '../../state/files/names-in.ts';
import { removeTree } from '../../state/files/remove.ts';
import { warn } from '../../state/files/warnings.ts';
import type { Context } from '../context.ts';

/**
 * Jobs and brokers run from a copy of the bundles: an update or removal of the plugin deletes the plugin's directory
 * under them. The copy is named by its content, made aside and renamed into place, and never changed.
 */
export function ensureRuntime(context: Context): string {
  const runtimes = join(context.root, 'runtime');
  // Already running from a copy: this one is kept while we are named by a job.
  if (dirname(context.bundles) === runtimes) return context.bundles;
  const directory = join(runtimes, contentId(context.bundles));
  makePrivateDirectory(runtimes);
  requireOwnDirectory(runtimes);
  if (existsSync(directory) && !isOwn(directory)) setAside(directory);
  if (!existsSync(directory)) install(context.bundles, directory);
  return directory;
}

/** Are the copy and each file in it what nobody but us can have written? */
function isOwn(directory: string): boolean {
  const files = namesIn(directory).map((name) => join(directory, name));
  return isOurs(directory, 'directory') && files.every((file) => isOurs(file, 'file'));
}

function isOurs(path: string, kind: 'directory' | 'file'): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const isOfKind = kind === 'directory' ? stat?.isDirectory() : stat?.isFile();
  return (
    isOfKind === true && ((stat?.mode ?? 0) & 0o022) === 0 && stat?.uid === (process.getuid?.() ?? stat?.uid)
  );
}

/** What runs from it finds the new copy by the same name; nobody knows what stands in this one. */
function setAside(directory: string): void {
  const aside = `${directory}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(directory, aside);
    removeTree(aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return; // another one has
    throw notWritable(directory, error);
  }
  warn(`${directory} could be written by others. It was removed, and is copied again from the plugin.`);
}

/** Hash of all bundles, written by the build. */
export function contentId(bundles: string): string {
  try {
    const id = readFileSync(join(bundles, 'RUNTIME_ID'), 'utf8').trim();
    if (/^[0-9a-f]{16}$/.test(id)) return id;
  } catch (error) {
    throw incomplete(bundles, error);
  }
  throw incomplete(bundles, undefined);
}

function install(bundles: string, directory: string): void {
  const aside = `${directory}.${randomBytes(6).toString('hex')}`;
  createPrivateDirectory(aside);
  try {
    for (const name of readdirSync(bundles)) {
      copyFileSync(join(bundles, name), join(aside, name));
      chmodSync(join(aside, name), 0o600); // the copy has the original's mode, less the umask
    }
    renameSync(aside, directory);
  } catch (error) {
    removeTree(aside);
    // Somebody else installed the same content in the meantime.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw notWritable(directory, error);
  }
}

/** Removes copies that nobody names any more; a day is left to whoever is about to start from one. */
export function pruneRuntimes(context: Context, named: ReadonlySet<string>): string[] {
  const runtimes = join(context.root, 'runtime');
  const removed: string[] = [];
  for (const name of namesIn(runtimes)) {
    const directory = join(runtimes, name);
    if (named.has(directory) || directory === context.bundles) continue;
    if (basename(directory) === contentId(context.bundles) || ageMs(directory) < 86_400_000) continue;
    removeTree(directory);
    removed.push(directory);
  }
  return removed;
}

/** Of one that another sweep has removed meanwhile: 0. */
function ageMs(directory: string): number {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : 0;
}

function incomplete(bundles: string, cause: unknown): CompanionError {
  return new CompanionError('state-unreadable', `The plugin's files in ${bundles} are not complete.`, {
    hint: 'Reinstall the plugin.',
    cause,
  });
}

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
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
  if (!existsSync(directory)) install(context.bundles, directory);
  requireOwnDirectory(directory);
  return directory;
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

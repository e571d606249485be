import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';
import type { Environment } from './environment.ts';

/** What shells look through where PATH is not set. */
const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * The PATH on which we look for programs of our own choice, and which these get: absolute entries alone, and none in
 * `workspace` (a canonical root, or null), so that a checked-out repository cannot plant a `git`. A workspace that holds the
 * user's home is no such thing: people's own programs lie in it.
 */
export function trustedPath(environment: Environment, workspace: string | null): string {
  const entries = (environment.PATH ?? DEFAULT_PATH).split(delimiter).filter((entry) => isAbsolute(entry));
  if (workspace === null || isWithin(canonical(environment.HOME || homedir()), workspace))
    return entries.join(delimiter);
  return entries
    .filter((entry) => ![entry, canonical(entry)].some((one) => isWithin(one, workspace)))
    .join(delimiter);
}

/** The file of a program on that PATH. */
export function programOnPath(
  environment: Environment,
  name: string,
  workspace: string | null,
): string | undefined {
  const directories = trustedPath(environment, workspace).split(delimiter);
  return directories.map((directory) => join(directory, name)).find(isProgram);
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there: then nothing in it can be run either
  }
}

/** A file that we may execute. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: the next directory
  }
}

/** The file that a shell in `cwd` takes for that name, or one in its way that cannot be executed; undefined for none. */
export function findProgram(path: string, cwd: string, name: string): string | undefined {
  const files = path.split(delimiter).map((entry) => resolve(cwd, entry, name));
  return files.find(isProgram) ?? files.find(isFile);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not ours to see
  }
}

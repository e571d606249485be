import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './environment.ts';

/** Absolute entries only, so that a checked-out directory cannot plant a program. */
export function programOnPath(environment: Environment, name: string): string | undefined {
  const directories = (environment.PATH ?? '').split(delimiter).filter((entry) => isAbsolute(entry));
  return directories.map((directory) => join(directory, name)).find(isProgram);
}

function isProgram(file: string): boolean {
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

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
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

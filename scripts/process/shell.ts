import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from './environment.ts';

/** The shell for a command that came as text: the first bash on the caller's PATH, where hosts find theirs; else sh. */
export function shellForTexts(environment: Environment): string {
  const directories = (environment.PATH ?? '').split(delimiter).filter((entry) => isAbsolute(entry));
  const found = directories.map((directory) => join(directory, 'bash')).find(isProgram);
  return found ?? '/bin/sh';
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: the next directory
  }
}

import type { Environment } from './environment.ts';
import { programOnPath } from './search-path.ts';

/** The shell that every system we run on has there (POSIX leaves the place open; Android has it elsewhere). */
export const SH = '/bin/sh';

/** The shell for a command that came as text: the first bash on the caller's PATH, where hosts find theirs; else sh. */
export function shellForTexts(environment: Environment, workspace: string): string {
  return programOnPath(environment, 'bash', workspace) ?? SH;
}

import type { Environment } from './environment.ts';
import { programOnPath } from './search-path.ts';

/** The shell for a command that came as text: the first bash on the caller's PATH, where hosts find theirs; else sh. */
export function shellForTexts(environment: Environment): string {
  return programOnPath(environment, 'bash') ?? '/bin/sh';
}

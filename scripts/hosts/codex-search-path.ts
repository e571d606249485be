import { delimiter, dirname } from 'node:path';
import { locateCodex } from '../codex/program/locate.ts';
import { CompanionError } from '../domain/base/errors.ts';
import type { Environment } from '../process/environment.ts';
import { innermostHost } from './ancestry.ts';
import { programOf } from './codex-program.ts';

/**
 * The PATH on which a Codex job looks for Codex: the caller's, and after it, where that has none, the directory of the
 * Codex that the caller runs in. Codex's own shell is a login shell, in which /etc/profile may have reset PATH (seen for
 * root with 0.169.0), so that the very host is not found by name.
 */
export function codexSearchPath(environment: Environment, workspace: string): string {
  const path = environment.PATH ?? '';
  if (isThere(environment, workspace)) return path;
  const host = innermostHost();
  const program = host?.host === 'codex' ? programOf(host.process.pid) : undefined;
  return program === undefined
    ? path
    : [path, dirname(program)].filter((part) => part !== '').join(delimiter);
}

/** Throws `codex-missing` where a job of the workspace would find no Codex. */
export function requireCodex(environment: Environment, workspace: string): void {
  locateCodex({ ...environment, PATH: codexSearchPath(environment, workspace) }, workspace);
}

function isThere(environment: Environment, workspace: string): boolean {
  try {
    locateCodex(environment, workspace);
    return true;
  } catch (error) {
    if (error instanceof CompanionError) return false;
    throw error;
  }
}

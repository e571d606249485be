import { basename } from 'node:path';
import { programFileOf } from '../process/command-line.ts';
import { can } from '../process/platform/this-platform.ts';

/** The file of a process that is Codex; undefined for another one, and where that cannot be seen. */
export function programOf(pid: number): string | undefined {
  const program = can('programOf') ? programFileOf(pid) : undefined;
  return program !== undefined && basename(program) === 'codex' ? program : undefined;
}

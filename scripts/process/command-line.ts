import type { CommandRow } from './platform/platform.ts';
import { need } from './platform/this-platform.ts';

/** The arguments of a living process, its own name first; undefined for nobody. */
export function argumentsOf(pid: number): string[] | undefined {
  return need('argumentsOf')(pid);
}

/** The same joined by spaces; "" for nobody, and for one that has no arguments. */
export function commandLineOf(pid: number): string {
  return (argumentsOf(pid) ?? []).join(' ').trim();
}

/** The file that a process runs; undefined for nobody. */
export function programFileOf(pid: number): string | undefined {
  return need('programOf')(pid);
}

/** Every process with its command line: for judging, not for acting. */
export function allCommands(): Promise<CommandRow[]> {
  return need('commands')();
}

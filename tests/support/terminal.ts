import { spawnSync } from 'node:child_process';
import type { World } from './world.ts';

/** script(1) makes the pseudo terminal; without it there is nothing to look at. */
export const noTerminal =
  spawnSync('sh', ['-c', 'command -v script && command -v stty']).status === 0
    ? false
    : 'needs script(1) for a terminal';

export interface Size {
  columns: number;
  rows?: number;
  env?: Record<string, string>;
  cwd?: string;
}

/** What `codex-companion …args` shows on a terminal of that size, its escape sequences included. */
export async function onTerminal(world: World, size: Size, ...args: string[]): Promise<string> {
  const { columns, rows = 24, env = {}, cwd } = size;
  const words = ['$NODE', '$COMPANION', ...args.map((_, index) => `$ARGUMENT_${index}`)];
  const line = `stty cols ${columns} rows ${rows}; exec ${words.map((word) => `"${word}"`).join(' ')}`;
  const given = Object.fromEntries(args.map((arg, index) => [`ARGUMENT_${index}`, arg]));
  const companion = `${world.bundles}/companion.cjs`;
  const { stdout } = await world.cliWith({
    ...(cwd === undefined ? {} : { cwd }),
    env: { TERM: 'xterm', SHELL: '/bin/sh', NODE: process.execPath, COMPANION: companion, ...given, ...env },
    program: ['script', '-qec', line, '/dev/null'],
  });
  return stdout.replaceAll('\r\n', '\n');
}

/** The same as one reads it. */
export function plainText(screen: string): string {
  return screen.replace(/\x1b\[[\d;]*m/g, '');
}

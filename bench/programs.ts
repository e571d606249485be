import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { World } from '../tests/support/world.ts';

/** Runs a program of a world to its end, whatever that is; what it prints is read by nobody. */
export function runIn(world: World, command: string, args: string[], options: SpawnSyncOptions = {}): void {
  const { error } = spawnSync(command, args, {
    cwd: world.workspace,
    env: world.env,
    stdio: ['pipe', 'ignore', 'pipe'],
    input: '',
    ...options,
  });
  // A hook with nothing to do does not read its stdin.
  if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
}

export function companionOf(world: World): string {
  return join(world.bundles, 'companion.cjs');
}

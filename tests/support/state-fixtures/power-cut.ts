import { until } from '../wait.ts';
import type { World } from '../world.ts';

/** Everything of a world ends at once: nobody sees anybody else end, and nobody writes anything any more. */
export async function powerCut(world: World): Promise<void> {
  // Twice, for what was started while the first list was worked through.
  for (const signal of ['SIGSTOP', 'SIGSTOP', 'SIGKILL'] as const)
    for (const { pid } of world.processes()) signalIfThere(pid, signal);
  await until('nothing runs', () => world.processes().length === 0);
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended since it was listed.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

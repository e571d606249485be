import { aWorkspace } from '../tests/support/world.ts';
import { ratio } from './measure.ts';
import { companionOf, runIn } from './programs.ts';
import type { Figure } from './table.ts';

/** How long an agent waits for the id of a background job. */
export async function enqueue(): Promise<Figure[]> {
  await using world = await aWorkspace();
  const background = [companionOf(world), 'run', '--background', '--', 'sleep', '600'];
  const figure = ratio('run --background (enqueue returns)', 'node -e 0', [
    () => runIn(world, process.execPath, background),
    () => runIn(world, process.execPath, ['-e', '0']),
  ]);
  await world.cli('cancel', '--all');
  return [figure];
}

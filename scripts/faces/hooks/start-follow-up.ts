import { neutralEnvironment, withPathsFrom } from '../../process/environment.ts';
import { spawnOrphaned } from '../../process/spawn.ts';
import type { FollowUp } from './follow-up.ts';
import type { HookCall } from './hook-call.ts';

/** Starts this program again as nobody's child, so that neither the host's limit nor its end reaches it. */
export async function startFollowUp(call: HookCall, work: FollowUp): Promise<void> {
  const args = [call.program, 'follow-up', JSON.stringify(work)];
  const environment = withPathsFrom(() => call.startedIn, neutralEnvironment(call.environment));
  await spawnOrphaned(process.execPath, args, environment);
}

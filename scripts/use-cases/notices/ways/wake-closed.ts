import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Origin } from '../../../domain/job/job.ts';
import { ownEnvironment, resumedEnvironment, withPathsFrom } from '../../../process/environment.ts';
import { spawnDetached } from '../../../process/spawn.ts';
import { sessionDirectory } from '../../../state/layout.ts';
import { heirsOf } from '../../../state/session/heirs.ts';
import { standingOf } from '../../../state/session/session-record.ts';
import { readSettings } from '../../../state/workspace/settings.ts';
import type { NoticeWay } from './way.ts';

/**
 * Waking a closed session (`setup --wake-closed-session on`): its host is run headless with the notice, as its user would (by
 * `claude -p --resume ID`, say, the text on its stdin), with the permissions that the user's own configuration gives to
 * that. Only sessions that a hook has registered, so none of our own delegated threads; only for background jobs; and for each
 * of them once at most.
 */
export const wakeClosed: NoticeWay = {
  name: 'wake-closed',
  async begin({ layout, request, facts: { directory }, environment }) {
    const { origin, runtime, node, background } = request;
    if (!origin || !background || !readSettings(layout).wakeClosedSession) return;
    const worker = join(runtime, 'worker.mjs');
    if (existsSync(wakeFiles(directory).claim) || !existsSync(worker)) return;
    if (!seemsClosed(layout.root, origin)) return;
    await spawnDetached(node, [worker, 'wake', directory], {
      env: ownEnvironment(withPathsFrom(() => request.cwd, resumedEnvironment(environment))),
      logFile: wakeFiles(directory).log,
    });
  },
};

/** In the job's directory: created by whoever wakes for it, right before; and what the headless run said. */
export const wakeFiles = (directory: string) => ({
  claim: join(directory, 'wake'),
  log: join(directory, 'wake.log'),
});

/** By what our own hooks have told; whoever resumes it asks the host's own records, too. */
export function seemsClosed(root: string, { host, sessionId }: Origin): boolean {
  const session = sessionDirectory(root, host, sessionId);
  // Sessions that take its notices (after /clear, say) are told instead.
  return standingOf(session) === 'over' && heirsOf(session).every((heir) => standingOf(heir) !== 'open');
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { neutralEnvironment } from '../../../process/environment.ts';
import { spawnDetached } from '../../../process/spawn.ts';
import { readSettings } from '../../../state/workspace/settings.ts';
import { desktopObstacle } from './desktop-obstacle.ts';
import type { NoticeWay } from './way.ts';

/** In the job's directory: created by whoever shows its end, right before; and what notify-send said. */
export const desktopFiles = (directory: string) => ({
  claim: join(directory, 'desktop'),
  log: join(directory, 'desktop.log'),
});

/**
 * `setup --desktop-notifications on`: a background job's end is shown on the desktop, once at most, by a process of its own, as
 * notify-send may wait for a desktop that does not answer.
 */
export const desktop: NoticeWay = {
  name: 'desktop',
  async begin({ layout, request, facts: { directory }, environment }) {
    if (!request.background || !readSettings(layout).desktopNotifications) return;
    const { claim, log } = desktopFiles(directory);
    const program = join(request.runtime, 'desktop.mjs');
    if (existsSync(claim) || !existsSync(program)) return;
    if (desktopObstacle(environment, request.workspaceRoot) !== null) return;
    await spawnDetached(request.node, [program, directory], {
      env: neutralEnvironment(environment),
      logFile: log,
    });
  },
};

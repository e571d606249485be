import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../process/environment.ts';
import { SYSTEM } from '../../../process/platform/this-platform.ts';
import { programOnPath } from '../../../process/search-path.ts';

/** Why a notification cannot be shown from a process with this environment; null where nothing is known to be in the way. */
export function desktopObstacle(
  environment: Environment,
  workspace: string,
  platform: NodeJS.Platform = SYSTEM,
): string | null {
  if (platform !== 'linux' && !platform.endsWith('bsd')) return 'so far this is for Linux and BSD only';
  if (!programOnPath(environment, 'notify-send', workspace))
    return 'no notify-send on PATH (Debian: libnotify-bin)';
  return hasDesktop(environment) ? null : 'no desktop session: neither a D-Bus session bus nor a DISPLAY';
}

/** Where libdbus and GDBus look for the session's bus; the last is how X11 has it. */
function hasDesktop({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, DISPLAY }: Environment): boolean {
  const bus = XDG_RUNTIME_DIR && existsSync(join(XDG_RUNTIME_DIR, 'bus'));
  return Boolean(DBUS_SESSION_BUS_ADDRESS || bus || DISPLAY);
}

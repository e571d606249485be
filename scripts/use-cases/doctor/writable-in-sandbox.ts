import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { Environment } from '../../process/environment.ts';

/**
 * Whoever may write our state decides what jobs run. A command in Codex's `workspace-write` sandbox may write these
 * places, so that the state must not lie below one of them: docs/security.md.
 */
export function writableInSandbox(
  root: string,
  workspaceRoots: string[],
  environment: Environment,
): string | undefined {
  const places = ['/tmp', environment.TMPDIR ?? '', ...workspaceRoots].filter(Boolean);
  const place = places.find((one) => isBelow(canonical(root), canonical(one)));
  if (place === undefined) return undefined;
  return `${root} lies below ${place}, where commands in Codex's sandbox may write: one could have anything run outside it. Choose another place with CODEX_COMPANION_HOME.`;
}

/** Of what exists on the way there, when it does not exist itself. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const up = dirname(path);
    if (systemCode(error) !== 'ENOENT' || up === path) return path;
    return `${canonical(up)}${path.slice(up.length)}`;
  }
}

function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(place.endsWith(sep) ? place : `${place}${sep}`);
}

import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { removeIfAny } from './files/durable.ts';
import { namesIn } from './files/names-in.ts';
import { warn } from './files/warnings.ts';

/** What has no business in a folder of the root, whatever it is called: no version of ours puts anything else there. */
const FOREIGN: Record<string, (stat: Stats) => boolean> = {
  sessions: (stat) => !stat.isDirectory(),
  bells: (stat) => !stat.isDirectory(),
  run: (stat) => !stat.isSocket() && !stat.isDirectory(),
};

/** Milliseconds: a day, for whoever writes there at this moment in a way that we do not know. */
const LITTER_AFTER_MS = 86_400_000;

/** Removes it by its own name, so that a link leads nowhere, and says once a folder how much that was. */
export function removeLitter(root: string): void {
  for (const [folder, isForeign] of Object.entries(FOREIGN)) {
    const place = join(root, folder);
    if (!lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) continue; // a link may lead to what is somebody's
    const litter = namesIn(place)
      .map((name) => join(place, name))
      .filter((path) => isOld(path, isForeign));
    for (const path of litter) removeIfAny(path);
    if (litter.length > 0) warn(`${litter.length} files that are none of ours were removed from ${place}`);
  }
}

function isOld(path: string, isForeign: (stat: Stats) => boolean): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && isForeign(stat) && Date.now() - stat.mtimeMs > LITTER_AFTER_MS;
}

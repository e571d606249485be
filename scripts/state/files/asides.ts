import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './names-in.ts';

/**
 * How writers call a file until it is whole: `NAME.NUMBER` (`writeDurably`, write-file-atomic, and the sh wrapper's drafts),
 * `NAME.PID.HEX` (`writeOnce`) and `NAME.part` (sh). A try to tell a notice is `told.NUMBER`, and whole.
 */
const ASIDE = /^(?!told\.\d+$).+\.(?:\d{1,15}|\d{1,10}\.[0-9a-f]{12}|part)$/;
/** Writing one takes milliseconds; a writer that was stopped for longer finds it gone, and says so. */
const LIMIT_MS = 3_600_000;

/** Removes what killed writers left in a directory, whoever they were. To be called where no writer takes that long. */
export function removeOldAsides(directory: string): void {
  for (const name of namesIn(directory).filter((one) => ASIDE.test(one))) {
    const file = join(directory, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() && Date.now() - stat.mtimeMs > LIMIT_MS) rmSync(file, { force: true });
  }
}

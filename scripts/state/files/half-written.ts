import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './names-in.ts';

/** Writing one takes milliseconds, also for a writer that is stopped meanwhile and goes on the same day. */
const AGE_MS = 86_400_000;

/**
 * What a file is called until it is whole, whoever writes it: `NAME.<number>`, `NAME.<pid>.<hex>` (durable.ts, and the sh
 * around a job), `import.<hex>` for a directory. `told.<n>` is the name of a whole one.
 */
const HALF_WRITTEN = /^(?!told\.\d{1,3}$).+\.\d+(?:\.[0-9a-f]{12})?$|^import\.[0-9a-f]{12}$/;

/** Removes what killed writers left in a directory of ours, once it is a day old. */
export function removeHalfWritten(directory: string): void {
  for (const name of namesIn(directory).filter((one) => HALF_WRITTEN.test(one))) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}

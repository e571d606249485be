import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './names-in.ts';

/** Writing one takes milliseconds, also for a writer that is stopped meanwhile and goes on the same day. */
const AGE_MS = 86_400_000;

/**
 * What a file is called until it is whole, whoever writes it: `NAME.<number>`, `NAME.<pid>.<hex>` (durable.ts,
 * write-file-atomic, and the sh around a job), `import.<hex>` for a directory. `told.<n>` is the name of a whole one.
 */
const HALF_WRITTEN = /^(?!told\.\d{1,3}$).+\.\d+(?:\.[0-9a-f]{12})?$|^import\.[0-9a-f]{12}$/;

/** What the sh around a job writes into as long as that lives. */
const DRAFT = /\.part$/;

/**
 * Removes what killed writers left in a directory of ours, once it is a day old. `isOver`: no sh has a draft there any more.
 */
export function removeHalfWritten(directory: string, isOver: boolean): void {
  const isLeft = (name: string) => HALF_WRITTEN.test(name) || (isOver && DRAFT.test(name));
  for (const name of namesIn(directory).filter(isLeft)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How much longer than its own limit a hook has. Milliseconds. */
const MORE_MS = 60_000;
/** A hook that waits for what never comes takes longer than that; one that does not, even on a loaded machine, does not. */
export const HELD_UP_MS = 45_000;

/**
 * A hook counts from the start of node, and gives up silently in time for the host (SessionEnd after 1.3 s): on a loaded
 * machine before it has done anything. So its clock is late in tests that are about what it does.
 */
const LATE = `const now = performance.now.bind(performance);
performance.now = () => now() - ${MORE_MS};
`;

/** The same for the limit alone, which is read first: a stdin that is never closed is waited for as long as ever. */
const LATE_AT_FIRST = `const now = performance.now.bind(performance);
performance.now = () => {
  performance.now = now;
  return now() - ${MORE_MS};
};
`;

/** PATH with a node in front that is patient with hooks; its files lie below `folder`. */
export function patientPath(
  folder: string,
  path: string | undefined,
  stdin: 'open' | 'ends' = 'ends',
): string {
  const directory = join(folder, `patient-${stdin}`);
  if (!existsSync(directory)) {
    mkdirSync(directory);
    const clock = join(directory, 'clock.cjs');
    writeFileSync(clock, stdin === 'open' ? LATE_AT_FIRST : LATE);
    const text = `#!/bin/sh\nexec '${process.execPath}' --require '${clock}' "$@"\n`;
    writeFileSync(join(directory, 'node'), text, { mode: 0o755 });
  }
  return [directory, path].join(delimiter);
}

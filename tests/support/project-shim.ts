import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a project has that sets versions for such shims. */
export const VERSIONS_FILE = '.tool-versions';

/**
 * A program as asdf and mise put it on PATH: it looks upward from the directory that it is started in for what version the
 * project has set, becomes `real` where there is one, and fails elsewhere.
 */
export function installShim(file: string, real: string): void {
  const text = `#!/bin/sh
folder=$PWD
while [ ! -e "$folder/${VERSIONS_FILE}" ]; do
  [ -n "$folder" ] || { echo "No version is set for command \${0##*/}" >&2; exit 126; }
  folder=\${folder%/*}
done
exec '${real}' "$@"
`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
}

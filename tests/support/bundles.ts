import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const cache = join(root, '.cache/bundles');
const DAY_MS = 86_400_000;

let built: string | undefined;

/**
 * The directory of bundles that scripts/ builds to at this moment, whatever lies in dist/. Built once for all test
 * files: its name is a hash of the sources, and it stays until these change.
 */
export function builtBundles(): string {
  built ??= build();
  return built;
}

function build(): string {
  const directory = join(cache, sourceHash());
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const aside = `${directory}.${process.pid}`;
  execFileSync(process.execPath, ['--import', 'tsx', join(root, 'tools/build.ts'), '--out', aside], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    renameSync(aside, directory);
  } catch (error) {
    // Another test file has built the same meanwhile.
    if (!existsSync(directory)) throw error;
    rmSync(aside, { recursive: true });
  }
  removeOld();
  return directory;
}

function sourceHash(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'tools/build.ts')));
  const files = readdirSync(join(root, 'scripts'), { recursive: true, encoding: 'utf8' }).sort();
  for (const file of [...files.map((name) => join('scripts', name)), 'package-lock.json']) {
    if (/\.(ts|sh|bash|zsh|fish|json|md)$/.test(file))
      hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** What earlier sources built to. A run that started long ago may still use a young one. */
function removeOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > DAY_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

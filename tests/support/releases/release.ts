import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The releases that this repository's history holds, by the commit whose folder was installed. */
const COMMITS = { '1.1.0': '64278e3a3fbf9f21e3cc2a9d28e0dea1ac424bb4' } as const;

export type Version = keyof typeof COMMITS;

/** A release as its users have it: the hooks, and the bundles that it committed. */
export interface Release {
  version: Version;
  /** the plugin's folder */
  plugin: string;
  bundles: string;
  /** `node …/companion.mjs` */
  program: string[];
}

const root = join(import.meta.dirname, '../../..');
const cache = join(root, '.cache/releases');

/** Taken from the history once for all test files. `missing` says why it cannot be had. */
export function release(version: Version): Release | { missing: string } {
  const plugin = join(cache, `${version}-${COMMITS[version]}`);
  if (!existsSync(plugin)) {
    const missing = whyMissing(version);
    if (missing) return { missing };
    take(version, plugin);
  }
  const bundles = join(plugin, 'dist');
  return { version, plugin, bundles, program: [process.execPath, join(bundles, 'companion.mjs')] };
}

function whyMissing(version: Version): string | undefined {
  try {
    execFileSync('git', ['cat-file', '-e', `${COMMITS[version]}^{commit}`], { cwd: root, stdio: 'ignore' });
    return undefined;
  } catch {
    // No git, no repository, or a shallow clone: each leaves nothing to install.
    return `Release ${version} (commit ${COMMITS[version]}) is not in this clone; git fetch --unshallow brings it.`;
  }
}

function take(version: Version, plugin: string): void {
  const aside = `${plugin}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const archive = execFileSync('git', ['archive', COMMITS[version], 'dist', 'hooks'], {
    cwd: root,
    maxBuffer: 64 << 20,
  });
  execFileSync('tar', ['-x', '-C', aside], { input: archive });
  try {
    renameSync(aside, plugin);
  } catch (error) {
    // Another test file has taken the same meanwhile.
    if (!existsSync(plugin)) throw error;
    rmSync(aside, { recursive: true });
  }
}

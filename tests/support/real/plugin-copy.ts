import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { builtBundles } from '../bundles.ts';
import { type Account, environment } from './account.ts';
import { mustSucceed, run } from './run.ts';

const repository = join(import.meta.dirname, '../../..');

/** A copy of this repository as its next commit would hold it, to be installed from. */
export interface PluginCopy {
  folder: string;
  /** `plugin@marketplace`, as both hosts name it. */
  name: string;
}

export async function copyPlugin(account: Account): Promise<PluginCopy> {
  const folder = account.path('clone');
  for (const path of await fileNames(account)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(repository, path), join(folder, path));
  }
  // What lies in dist/ may be older than scripts/.
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  await cp(builtBundles(), join(folder, 'dist'), { recursive: true });
  return { folder, name: await nameOf(folder) };
}

/** What `npm pack` makes of such a copy, unpacked: all that a user of the tarball has. */
export async function unpackTarball(account: Account): Promise<PluginCopy> {
  const cwd = account.path('unpacked');
  await mkdir(cwd);
  const tarball = await packPlugin(account);
  mustSucceed('tar', await run('tar', ['-xzf', tarball], { cwd, env: environment(account) }));
  const folder = join(cwd, 'package');
  return { folder, name: await nameOf(folder) };
}

/** Path of the tarball that would be published. */
export async function packPlugin(account: Account): Promise<string> {
  const { folder } = await copyPlugin(account);
  const packed = await run('npm', ['pack', '--json'], { cwd: folder, env: environment(account) });
  const [{ filename }] = JSON.parse(mustSucceed('npm pack', packed).stdout);
  return join(folder, filename);
}

async function nameOf(folder: string): Promise<string> {
  const catalogue = JSON.parse(await readFile(join(folder, '.claude-plugin/marketplace.json'), 'utf8'));
  return `${catalogue.plugins[0].name}@${catalogue.name}`;
}

/** Tracked files as they are now, and new ones that are not ignored. */
async function fileNames(account: Account): Promise<string[]> {
  const list = async (...which: string[]) => {
    // The account has no git settings, so none that let git read a folder of another user.
    const args = ['-c', 'safe.directory=*', 'ls-files', '-z', ...which];
    const result = await run('git', args, { cwd: repository, env: environment(account) });
    return mustSucceed('git ls-files', result).stdout.split('\0').filter(Boolean);
  };
  const deleted = new Set(await list('--deleted'));
  const present = await list('--cached', '--others', '--exclude-standard');
  return present.filter((path) => !deleted.has(path));
}

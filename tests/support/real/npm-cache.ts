import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { run } from './run.ts';

/** Why the npm registry could not be asked; the only ground for skipping a test. */
export class RegistryUnreachable extends Error {}

/** npm's error codes for "no answer from the registry". A refusal (E401, E404, …) is an answer. */
const unreachable = /^(ENOTFOUND|EAI_AGAIN|ECONN\w+|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)$/;

/** What the machine may have set up for reaching the registry; nothing else of the caller's goes through. */
const passedOn =
  /^((https?|all|no)_proxy|node_extra_ca_certs|ssl_cert_(file|dir)|npm_config_(registry|userconfig|globalconfig|(https?-?_?)?proxy|noproxy|cafile|ca|strict_ssl))$/i;

/**
 * The folder whose node_modules holds exactly this version of an npm package, installed on first use.
 * Any number of processes may ask at once: a folder appears whole or not at all.
 * @param more options of `npm install`
 * @throws RegistryUnreachable, or an Error with npm's own words
 */
export async function installed(name: string, version: string, more: string[] = []): Promise<string> {
  const cache = cacheFolder();
  const target = join(cache, `${name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}-${version}`);
  if (await exists(target)) return target;
  await mkdir(cache, { recursive: true });
  // The rename below is what keeps this right; the lock only saves the others their own download.
  const release = await lock(target, {
    realpath: false,
    stale: 20_000,
    retries: { retries: 300, factor: 1 },
  });
  try {
    if (!(await exists(target))) await installAside(cache, target, `${name}@${version}`, more);
  } finally {
    await release();
  }
  return target;
}

async function installAside(cache: string, target: string, spec: string, more: string[]): Promise<void> {
  const aside = await mkdtemp(join(cache, '.aside-'));
  try {
    await writeFile(join(aside, 'package.json'), '{"private":true}\n');
    await npmInstall(aside, spec, more);
    await rm(join(aside, '.npm'), { recursive: true, force: true });
    await rename(aside, target);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!(await installedByAnother(error, target))) throw error;
  }
}

/** A folder that is there already makes the rename fail: then its bytes are as good as ours. */
async function installedByAnother(error: unknown, target: string): Promise<boolean> {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(code) && (await readdir(target)).includes('node_modules');
}

async function npmInstall(folder: string, spec: string, more: string[]): Promise<void> {
  const options = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--json',
  ];
  const result = await run('npm', ['install', spec, '--engine-strict=false', ...options, ...more], {
    cwd: folder,
    env: npmEnvironment(folder),
    limitMs: 540_000,
  });
  if (result.code === 0) return;
  const { code, summary } = npmError(result.stdout);
  const message = `npm install ${spec}: ${summary ?? result.stderr}`;
  throw unreachable.test(code ?? '') ? new RegistryUnreachable(message) : new Error(message);
}

function npmError(stdout: string): { code?: string; summary?: string } {
  try {
    return JSON.parse(stdout).error ?? {};
  } catch {
    // npm ended before it could print its report; what it said on stderr is told instead.
    return {};
  }
}

function npmEnvironment(folder: string): Record<string, string> {
  const passed = Object.entries(process.env).filter(([name]) => passedOn.test(name));
  return {
    npm_config_userconfig: join(homedir(), '.npmrc'),
    ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ''])),
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: folder,
    npm_config_cache: join(folder, '.npm'),
  };
}

/** Outside every working tree: it is shared by them, and 1.5 GB. */
function cacheFolder(): string {
  const { CODEX_COMPANION_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  return (
    CODEX_COMPANION_TEST_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'codex-companion-tests')
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

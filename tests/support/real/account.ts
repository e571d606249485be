import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { assertNoneLeft, survivors } from '../leaks.ts';
import '../suppressed-error.ts';

/** A broker's linger, and a client's own last moves, are over by then. */
const LEAVE_MS = 60_000;

/** A user of real programs: a folder with a home and a temp directory of its own. */
export interface Account extends AsyncDisposable {
  root: string;
  home: string;
  temp: string;
  /** A path below the root, not created. */
  path(...names: string[]): string;
}

/**
 * A fresh account. Disposing of it proves that no process is left that was told of it (by environment or
 * command line), ends what is, and removes the folder.
 */
export async function makeAccount(): Promise<Account> {
  // Short, because the path of a unix socket below it may have 104 bytes at most (macOS).
  const root = await realpath(await mkdtemp(join(tmpdir(), 'r-')));
  const account: Account = {
    root,
    home: join(root, 'home'),
    temp: join(root, 'tmp'),
    path: (...names) => join(root, ...names),
    [Symbol.asyncDispose]: () => dispose(root),
  };
  await mkdir(account.home, { mode: 0o700 });
  await mkdir(account.temp, { mode: 0o700 });
  return account;
}

/** The whole environment of a program of the account; nothing of the caller's own goes through. */
export function environment(account: Account, extra: Record<string, string> = {}): Record<string, string> {
  return {
    HOME: account.home,
    TMPDIR: account.temp,
    PATH: pathOf(),
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    // Nobody answers there: what a client tries beyond the machine fails at once, without a name look-up.
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1,localhost',
    ...extra,
  };
}

/** PATH with the given folders first, then node and the system's own. */
export function pathOf(...folders: string[]): string {
  return [...folders, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
}

async function dispose(root: string): Promise<void> {
  try {
    await assertNoneLeft(root, LEAVE_MS);
  } finally {
    for (const { pid } of survivors(root)) process.kill(pid, 'SIGKILL');
    // A process that was just killed may still have been writing.
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, fchmodSync, openSync, statSync } from 'node:fs';
import type { ProcessIdentity } from '../domain/base/identity.ts';
import { type Environment, ownEnvironment } from './environment.ts';
import { here, readStat } from './identity.ts';
import { openJobLog } from './log-mark.ts';
import { SH } from './shell.ts';

export interface DetachedOptions {
  env: Record<string, string>;
  /** where it is started, if that is there: for what runs a program by its name. Else `/`: the caller's may be deleted under it */
  cwd?: string;
  /** gets stdout and stderr, appended; without it both go to /dev/null */
  logFile?: string;
  /** a descriptor of ours; without it stdin is /dev/null */
  stdin?: number;
}

/**
 * Starts a process in its own session and process group, with no stdin of ours. It is orphaned when the caller exits, which every caller of ours does at once.
 * Throws the system error where it cannot be started.
 */
export async function spawnDetached(
  command: string,
  args: string[],
  options: DetachedOptions,
): Promise<ProcessIdentity> {
  const log = options.logFile === undefined ? undefined : openJobLog(options.logFile);
  try {
    if (log !== undefined) fchmodSync(log, 0o600); // a umask may take the owner's rights, too
    const output = log ?? 'ignore';
    const child = spawn(command, args, {
      cwd: directoryOrRoot(options.cwd),
      env: options.env,
      detached: true,
      stdio: [options.stdin ?? 'ignore', output, output],
      windowsHide: true,
    });
    const { pid } = child;
    if (pid === undefined) {
      throw await new Promise<unknown>((resolve) => child.once('error', resolve));
    }
    // Not reaped yet, so even one that has died already still shows when it began.
    const start = readStat(pid, { zombies: true })?.start ?? 'unknown';
    child.unref();
    return { ...here(), pid, start };
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/**
 * The directory, or `/` where there is none that can be entered. What is found by its name may be a shim (asdf, mise), which
 * asks the directory that it is started in which version is meant.
 */
export function directoryOrRoot(directory: string | null | undefined): string {
  if (!directory) return '/';
  try {
    accessSync(directory, constants.X_OK);
    return statSync(directory).isDirectory() ? directory : '/';
  } catch {
    return '/'; // deleted, or not for us
  }
}

/**
 * Starts a process that is nobody's child any more when this returns, with no input and no output. A host that kills
 * all living descendants of a hook does not reach it (tried with Claude Code 2.1.329: `detached` alone is hit while
 * the hook still runs). Throws the system error where it cannot be started.
 */
export async function spawnOrphaned(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<void> {
  const child = spawn(SH, ['-c', '"$@" &', 'sh', command, ...args], {
    cwd: '/',
    env,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
}

/**
 * Runs this program's own node with those arguments and those bytes on stdin, and reads what it prints; `descriptor` of ours
 * becomes its third. In a session of its
 * own: a Ctrl-C in the terminal does not hit it. Not by execa, whose loading every job in the foreground would wait for.
 * Throws the system error where it cannot be started.
 */
export async function runOwnProgram(
  args: string[],
  input: string | Uint8Array,
  { environment, descriptor }: { environment: Environment; descriptor?: number | undefined },
): Promise<OwnAnswer> {
  const stdio = ['pipe', 'pipe', 'inherit', descriptor ?? 'ignore'] as const;
  const env = ownEnvironment(environment);
  const child = spawn(process.execPath, args, { detached: true, env, stdio: [...stdio] });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stdin?.on('error', () => {}); // it says itself why it does not read
  child.stdin?.end(input);
  const [code, signal] = await ended;
  return { stdout, code, signal };
}

interface OwnAnswer {
  stdout: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Runs a program to its end with a text on its stdin, its output appended to a file. It is in a session of its own: what ends us
 * does not end it.
 */
export async function runToItsEnd(
  command: string,
  args: string[],
  options: { env: Record<string, string>; cwd: string; logFile: string; input: string },
): Promise<{ succeeded: boolean; sentence: string }> {
  const { cwd, env, logFile, input } = options;
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', log, log] });
    child.stdin?.on('error', () => {}); // how it ended says why it did not read
    child.stdin?.end(input);
    return await new Promise((resolve) => {
      const end = (succeeded: boolean, sentence: string) => resolve({ succeeded, sentence });
      child.once('error', (error) => end(false, `It could not be started: ${error.message}.`));
      child.once('exit', (code, signal) => end(code === 0, `It ended with ${code ?? signal}.`));
    });
  } finally {
    closeSync(log);
  }
}

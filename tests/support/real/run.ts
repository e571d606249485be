import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  stdin?: string;
  /** Milliseconds after which the program is killed. */
  limitMs?: number;
}

export interface RunResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its own end. What it left in the background may still hold its pipes then, so this
 * waits for the exit and drains what has come, not for the pipes to close.
 * @throws an Error when the program cannot be started or exceeds its limit
 */
export async function run(program: string, args: string[], options: RunOptions): Promise<RunResult> {
  const { cwd, env, stdin = '', limitMs = 120_000 } = options;
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // A program that never reads its stdin closes the pipe first: no failure of the run.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  child.stdin.end(stdin);
  let overdue = false;
  const timer = setTimeout(() => {
    overdue = true;
    child.kill('SIGKILL');
  }, limitMs);
  const closed = once(child, 'close');
  // Heard on its own: a rejection of `closed` alone is only seen after the exit.
  closed.catch(() => undefined);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 150))]);
  if (overdue)
    throw new Error(`${program} ${args.join(' ')} still ran after ${limitMs} ms:\n${output.stderr}`);
  return { code, signal, ...output };
}

/** @throws an Error with what the program said, unless it exited with 0 */
export function mustSucceed(what: string, result: RunResult): RunResult {
  if (result.code === 0) return result;
  throw new Error(`${what} ended with ${result.code ?? result.signal}:\n${result.stdout}${result.stderr}`);
}

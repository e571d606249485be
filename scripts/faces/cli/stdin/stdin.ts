import { fstatSync, readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { formatBytes } from '../../../domain/base/bytes.ts';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';
import { openAgain } from './open-again.ts';

/** More than this is refused: it is kept beside the job for as long as that is kept. Bytes. */
export const STDIN_LIMIT = 64 * 1024 * 1024;
/** How long a pipe may say nothing before it is taken for one that was left open. Milliseconds. */
export const PATIENCE_MS = 250;

/** `nothing`: /dev/null and whatever else gives nobody anything to read */
export type StdinKind = 'terminal' | 'file' | 'pipe' | 'socket' | 'nothing';

export function stdinKind(): StdinKind {
  const stat = fstatSync(0);
  if (stat.isFile()) return 'file';
  if (stat.isFIFO()) return 'pipe';
  if (stat.isSocket()) return 'socket';
  return isatty(0) ? 'terminal' : 'nothing';
}

/**
 * Whether stdin has bytes, or has come to its end, by the time that our patience is over. Programs that start others often
 * leave them a pipe that they never close.
 */
export async function stdinSpeaks(): Promise<boolean> {
  const { stdin } = process;
  return new Promise<boolean>((resolve) => {
    const answer = (speaks: boolean) => {
      clearTimeout(timer);
      stdin.off('readable', spoken).off('error', spoken);
      resolve(speaks);
    };
    const spoken = () => answer(true);
    const timer = setTimeout(() => answer(false), PATIENCE_MS);
    stdin.on('readable', spoken).on('error', spoken);
  });
}

/** Takes nothing more of it, and lets this process end while it is open. */
export function leaveStdin(): void {
  process.stdin.pause();
  process.stdin.unref();
}

/** All of stdin; a file from where it stands. Throws a usage error for what cannot be read, or is more than the limit. */
export async function readStdinBytes(limit = STDIN_LIMIT): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) throw tooMuch(limit);
    }
  } catch (error) {
    if (error instanceof CompanionError) throw error;
    throw new CompanionError('usage', `stdin cannot be read (${systemCode(error) ?? String(error)}).`, {
      cause: error,
    });
  }
  return Buffer.concat(chunks);
}

/** The file that stdin is, from where it stands; whoever shares it with us finds it there still. */
export function readFileOnStdin(): string {
  const fd = openAgain(0);
  if (fstatSync(fd).size > STDIN_LIMIT) throw tooMuch(STDIN_LIMIT);
  return decodeUtf8(readFileSync(fd), 'stdin');
}

/** All of stdin as text. Throws a usage error for what is not UTF-8: it could not be passed on as it is. */
export async function readStdin(): Promise<string> {
  return decodeUtf8(await readStdinBytes(), 'stdin');
}

export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new CompanionError('usage', `${where} is not UTF-8 text.`, { cause: error });
  }
}

function tooMuch(limit: number): CompanionError {
  return new CompanionError(
    'usage',
    `stdin holds more than ${formatBytes(limit)}, which is the most that is kept with a job. Nothing was started.`,
    { hint: 'Write it to a file and give that: … > input; codex-companion … < input' },
  );
}

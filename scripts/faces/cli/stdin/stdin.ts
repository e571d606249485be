import { isatty } from 'node:tty';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';

export function stdinIsTerminal(): boolean {
  return isatty(0);
}

/** All of stdin, byte for byte. Throws a usage error for what is not UTF-8: it could not be passed on as it is. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of process.stdin) chunks.push(chunk);
  } catch (error) {
    throw new CompanionError('usage', `stdin cannot be read (${systemCode(error) ?? String(error)}).`, {
      cause: error,
    });
  }
  return decodeUtf8(Buffer.concat(chunks), 'stdin');
}

export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new CompanionError('usage', `${where} is not UTF-8 text.`, { cause: error });
  }
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';
import { can, need } from '../../../process/platform/this-platform.ts';
import type { Call } from '../command.ts';
import { decodeUtf8, readStdin, stdinIsTerminal } from './stdin.ts';

/**
 * The prompt byte for byte: from the words, else the file, else piped stdin, which is read to its end and only where
 * there is nothing else: an open pipe that nobody writes to does not hold up a task that has its prompt.
 */
export async function promptOf(call: Call): Promise<string> {
  const file = call.options.text('prompt-file');
  const words = call.prose ?? '';
  if (file !== undefined && words.trim() !== '')
    throw new CompanionError('usage', 'A prompt came in words and in --prompt-file.', {
      hint: 'Give one of them.',
    });
  if (file !== undefined) return promptFromFile(resolve(call.context.cwd, file));
  if (words.trim() !== '') return checked(words);
  return stdinIsTerminal() || call.options.has('arguments-from-stdin') ? '' : readStdin();
}

function promptFromFile(path: string): string {
  try {
    return decodeUtf8(readFileSync(path), path);
  } catch (error) {
    if (error instanceof CompanionError) throw error;
    throw new CompanionError('usage', `Cannot read the prompt file ${path} (${systemCode(error)}).`, {
      hint: '--prompt-file is relative to --cwd.',
      cause: error,
    });
  }
}

/** Node turns bytes of an argument that are not UTF-8 into U+FFFD. */
function checked(prompt: string): string {
  if (prompt.includes('\uFFFD') && !argumentsAreUtf8())
    throw new CompanionError('usage', 'The prompt is not UTF-8 text.', {
      hint: 'Pass it with --prompt-file.',
    });
  return prompt;
}

/** True also where the platform does not show the raw bytes: U+FFFD may have been meant. */
export function argumentsAreUtf8(): boolean {
  if (!can('ownArgumentBytes')) return true;
  try {
    decodeUtf8(need('ownArgumentBytes')(), 'argv');
    return true;
  } catch (error) {
    return !(error instanceof CompanionError);
  }
}

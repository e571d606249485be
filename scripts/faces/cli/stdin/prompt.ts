import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatBytes } from '../../../domain/base/bytes.ts';
import { CompanionError, systemCode } from '../../../domain/base/errors.ts';
import { argumentsAreUtf8 } from '../../../process/own-bytes.ts';
import type { Call } from '../command.ts';
import {
  decodeUtf8,
  leaveStdin,
  PATIENCE_MS,
  readFileOnStdin,
  readStdin,
  stdinKind,
  stdinSpeaks,
} from './stdin.ts';

/**
 * The prompt byte for byte: the words, or the file, and below them what stdin holds, as `codex exec` puts it; or stdin
 * alone. An open pipe that says nothing does not hold up a task that has its prompt, or needs none.
 */
export async function promptOf(call: Call, needsOne: boolean): Promise<string> {
  const said = promptSaid(call);
  const input = await textOnStdin(call, said !== '', needsOne);
  if (said === '' || input.trim() === '') return said || input;
  call.out.talk(`codex-companion: what is on stdin goes with the prompt (${formatBytes(input.length)})`);
  return `${said}\n\n<stdin>\n${input}${input.endsWith('\n') ? '' : '\n'}</stdin>`;
}

function promptSaid(call: Call): string {
  const file = call.options.text('prompt-file');
  const words = call.prose ?? '';
  if (file !== undefined && words.trim() !== '')
    throw new CompanionError('usage', 'A prompt came in words and in --prompt-file.', {
      hint: 'Give one of them.',
    });
  if (file !== undefined) return promptFromFile(resolve(call.context.cwd, file));
  return words.trim() === '' ? '' : checked(words);
}

async function textOnStdin(call: Call, hasPrompt: boolean, needsOne: boolean): Promise<string> {
  if (call.options.has('arguments-from-stdin')) return '';
  if (call.options.oneOf('stdin', ['-']) === '-') return readStdin();
  const kind = stdinKind();
  if (kind === 'file') return readFileOnStdin();
  if (kind !== 'pipe' && (kind !== 'socket' || hasPrompt)) return '';
  if (await stdinSpeaks()) return readStdin();
  if (needsOne && !hasPrompt) {
    call.out.talk('codex-companion: waiting for the prompt on stdin');
    return readStdin();
  }
  leaveStdin();
  call.out.talk(
    `codex-companion: nothing came on stdin within ${PATIENCE_MS} ms, so the task goes without it; --stdin - waits for it`,
  );
  return '';
}

function promptFromFile(path: string): string {
  try {
    return decodeUtf8(readLimited(path), path);
  } catch (error) {
    if (error instanceof CompanionError) throw error;
    throw new CompanionError('usage', `Cannot read the prompt file ${path} (${systemCode(error)}).`, {
      hint: '--prompt-file is relative to --cwd.',
      cause: error,
    });
  }
}

/** No model takes that much. Bytes. */
const PROMPT_LIMIT = 16 * 1024 * 1024;

/** A file or a pipe (`<(git diff)`), which is waited for, but not for ever: /dev/zero has no end. */
function readLimited(path: string): Buffer {
  const chunks: Buffer[] = [];
  const fd = openSync(path, 'r');
  try {
    for (let total = 0; ; ) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(fd, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      total += length;
      if (total > PROMPT_LIMIT)
        throw new CompanionError('usage', `The prompt file ${path} is longer than 16 MB.`, {
          hint: 'Name the files in the prompt; Codex can read them itself.',
        });
    }
  } finally {
    closeSync(fd);
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

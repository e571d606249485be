import { asRefusal, CompanionError, systemCode } from '../../domain/base/errors.ts';
import { clip } from '../../domain/text/clip.ts';
import { onOneLine } from '../../domain/text/harmless.ts';
import { EXIT_BUG, EXIT_DONE, EXIT_OF_ERROR } from './exit-codes.ts';
import { type Output, OutputClosed } from './output.ts';

/** Tells what went wrong, in the form that was asked for; returns the exit status. */
export function tellError(error: unknown, out: Output): number {
  const { code, message, hint, exit } = explain(error);
  try {
    if (out.json) {
      out.answer({ error: { code, message, hint: hint ?? null } }, String);
    } else if (out.slash) {
      out.say(`Error: ${onOneLine(message)}\n${hint ? `${canBeTyped(hint) ? 'Try: ' : ''}${hint}\n` : ''}`);
    } else {
      out.talk(`codex-companion: ${onOneLine(message)}`);
      if (hint) out.talk(`  ${canBeTyped(hint) ? 'try: ' : ''}${out.typed(hint)}`);
    }
  } catch (closed) {
    if (!(closed instanceof OutputClosed)) throw closed; // the status still tells
  }
  if (exit === EXIT_BUG) out.talk(stackOf(error));
  return out.slash ? EXIT_DONE : exit;
}

/** A line for a shell or a host's prompt; anything else is a sentence, or a part of such a line. */
function canBeTyped(hint: string): boolean {
  return /^(?:codex-companion|codex|npm|git|chmod|\/codex:\S+)(?: |$)/.test(hint) && !/[.…]$/.test(hint);
}

function explain(error: unknown): { code: string; message: string; hint: string | undefined; exit: number } {
  if (error instanceof CompanionError || REFUSED.has(systemCode(error) ?? '')) {
    const { code, message, hint } = asRefusal(error as Error);
    const exit = EXIT_OF_ERROR[code];
    return { code, message: clip(message, MESSAGE_LIMIT), hint: hint && clip(hint, HINT_LIMIT), exit };
  }
  const message = `This is a bug: ${error instanceof Error ? error.message : String(error)}`;
  return { code: 'bug', message, hint: 'Please report it with the stack on stderr.', exit: EXIT_BUG };
}

/** Characters: what was typed stands in both, and may have been a text of megabytes. */
const MESSAGE_LIMIT = 2_000;
const HINT_LIMIT = 4_000;

/** By a disk or a person, and no fault of ours, whatever we were about to read or write. */
const REFUSED = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENAMETOOLONG', 'EISDIR', 'ENOTDIR', 'ENXIO'],
  ...['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY', 'ESTALE', 'ETXTBSY'],
]);

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

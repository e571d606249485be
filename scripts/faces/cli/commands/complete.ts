import { isTrouble } from '../../../domain/base/errors.ts';
import type { Command } from '../command.ts';
import type { Candidate } from '../completing/candidate.ts';
import { completionOf } from '../completing/candidates.ts';
import { readLine } from '../completing/position.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { tidy } from '../render/tidy.ts';

/**
 * What the scripts for the shells ask at each TAB: `complete -- WORDS`, the words up to the cursor. The first line of the
 * answer says who completes: `words` (the lines that follow: a word, a tab and what it is), `files`, `directories`, or
 * `command N` (the program whose name is word N, from 0). Whatever goes wrong, there is nothing to offer.
 */
export const complete: Command = {
  options: {},
  rest: 'words',
  help: 'Used by the completion of shells: codex-companion completions --help\n',
  async run({ words, context, out }) {
    try {
      const { by, candidates } = await completionOf(await readLine(words), context);
      out.data([by, ...candidates.filter(isPlain).map(line)].map((one) => `${one}\n`).join(''));
    } catch (error) {
      if (!isTrouble(error)) throw error;
      out.data('words\n');
    }
    return EXIT_DONE;
  },
};

/** Names are data: one that a line of the answer cannot carry, or a terminal would obey, is not offered. */
function isPlain({ value }: Candidate): boolean {
  return tidy(value) === value;
}

/** Characters: a screen shows no more, and the rest of a command of megabytes need not go through a shell. */
const ABOUT_LIMIT = 200;

function line({ value, about }: Candidate): string {
  return about === '' ? value : `${value}\t${tidy(about).slice(0, ABOUT_LIMIT)}`;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompanionError } from '../../../domain/base/errors.ts';
import { echo } from '../../../domain/text/harmless.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { install, SHELLS, type ShellName } from '../completing/install.ts';
import { EXIT_DONE } from '../exit-codes.ts';

const NAMES = Object.keys(SHELLS) as ShellName[];

export const completions: Command = {
  options: { install: { takes: 'nothing' } },
  rest: 'words',
  words: NAMES,
  help: `Prints what your shell needs to complete verbs, options, their values and your jobs at TAB, or writes it where the shell
finds it.

Usage: codex-companion completions bash|zsh|fish [--install]

  --install                write it into your own directory of completions, and say where and how to undo that; a file
                           there that is not ours stays
${COMMON_HELP}

It holds no verbs and no options: the shell asks codex-companion, which has to be on your PATH. So it fits the next
version, too.

Examples:
  codex-companion completions fish --install
  source <(codex-companion completions bash)     for this shell alone
`,
  async run(call) {
    const { context, options, out } = call;
    const shell = shellOf(call);
    const script = readFileSync(join(context.bundles, `completion.${shell}`), 'utf8');
    if (!options.has('install')) {
      if (out.json) out.answer({ shell, script }, String);
      else out.data(script);
      return EXIT_DONE;
    }
    const installed = install(shell, script, context.environment);
    const { file, next, undo } = installed;
    out.answer({ ...installed }, () => `Wrote ${file}.\n${next}\nTo undo it: ${undo}\n`);
    return EXIT_DONE;
  },
};

function shellOf({ words }: Call): ShellName {
  const [word, ...more] = words;
  const found = NAMES.find((name) => name === word);
  if (found && more.length === 0) return found;
  const given = word === undefined ? 'none was given' : `it was given ${echo(words.join(' '))}`;
  throw new CompanionError('usage', `completions takes one shell of ${NAMES.join(', ')}; ${given}.`, {
    hint: 'codex-companion completions bash',
  });
}

import { resolve } from 'node:path';
import type { Context } from '../../../use-cases/context.ts';
import { makeContext } from '../../../use-cases/context.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { blocksOf, optionsIn } from '../help/help-text.ts';
import { knownOptions } from '../input/grammar.ts';
import { VERBS } from '../verbs.ts';
import type { Candidate } from './candidate.ts';
import { jobCandidates } from './jobs.ts';
import type { Line } from './position.ts';

/** What the shell is to do, as the first line of the answer says it: offer the candidates, or something of its own. */
export interface Completion {
  by: 'words' | 'files' | 'directories' | `command ${number}`;
  candidates: Candidate[];
}

export async function completionOf({ position, current, cwd }: Line, context: Context): Promise<Completion> {
  switch (position.at) {
    case 'verb':
      return words(Object.entries(VERBS).map(([value, { summary }]) => ({ value, about: summary })));
    case 'option':
      return words(optionCandidates(position.command));
    case 'command':
      return { by: `command ${position.begins}`, candidates: [] };
    case 'nothing':
      return words([]);
    case 'value': {
      const { offered, prefix } = position;
      if (offered === 'files' || offered === 'directories') return { by: offered, candidates: [] };
      const found =
        offered === 'jobs' || offered === 'live-jobs'
          ? jobCandidates(layoutIn(cwd, context), offered, current)
          : offered.map((value) => ({ value, about: '' }));
      return words(found.map(({ value, about }) => ({ value: prefix + value, about })));
    }
  }
}

function words(candidates: Candidate[]): Completion {
  return { by: 'words', candidates };
}

/** Of each option its long name, with what the verb's help says of it. */
function optionCandidates(command: Command | undefined): Candidate[] {
  const about = new Map<string, string>();
  for (const block of blocksOf(command?.help ?? COMMON_HELP)) {
    if (block.kind !== 'rows') continue;
    for (const { head, text } of block.rows) for (const name of optionsIn(head)) about.set(name, text);
  }
  return knownOptions({ options: command?.options ?? {} })
    .map(([name]) => `--${name}`)
    .filter((value) => about.has(value))
    .map((value) => ({ value, about: about.get(value) ?? '' }));
}

/** No shell has put the home directory in the place of `~` yet. */
function layoutIn(cwd: string | undefined, context: Context): Context['layout'] {
  if (cwd === undefined) return context.layout;
  const { environment, bundles } = context;
  const path = cwd.replace(/^~(?=\/|$)/, environment.HOME ?? '~');
  return makeContext(environment, resolve(context.cwd, path), bundles).layout;
}

import type { Command } from '../command.ts';
import { COMMON_OPTIONS, type Offered, type OptionSpec, type OptionTable } from '../input/grammar.ts';
import { verbCalled } from '../other-names.ts';
import { VERBS } from '../verbs.ts';

/** What the word under the cursor is. */
export type Position =
  | { at: 'verb' }
  | { at: 'option'; command: Command | undefined }
  /** `prefix`: what stands in the same word before it (`--effort=`) */
  | { at: 'value'; offered: Offered; prefix: string }
  /** of the program that `run` is to start, whose name is the word of that index */
  | { at: 'command'; begins: number }
  | { at: 'nothing' };

export interface Line {
  position: Position;
  /** as far as it is typed; no part of a value's prefix */
  current: string;
  /** the directory that -C names */
  cwd: string | undefined;
}

/**
 * Reads a line that is not typed to its end, by the tables that the parser reads it by. It need not be right.
 * @param words what follows the program's name, up to the cursor; the last is the one under it, perhaps empty
 */
export async function readLine(words: readonly string[]): Promise<Line> {
  const current = words.at(-1) ?? '';
  let command: Command | undefined;
  let [isHelp, isRest] = [false, false];
  let cwd: string | undefined;
  let at = 0;
  for (; at < words.length - 1; at += 1) {
    const word = words[at] ?? '';
    const options = { ...COMMON_OPTIONS, ...command?.options };
    if (isRest || word === '--') {
      isRest = true;
      if (command?.rest === 'command')
        return { position: commandAt(at + (word === '--' ? 1 : 0)), current, cwd };
    } else if (word.startsWith('-')) {
      const [given = '', inline] = splitValue(word);
      const found = optionCalled(options, given);
      const takesNext = inline === undefined && found?.spec.takes === 'value';
      if (takesNext && at === words.length - 2)
        return { position: value(found?.spec.values, ''), current, cwd };
      if (found?.name === 'cwd') cwd = inline ?? words[at + 1];
      if (takesNext) at += 1;
    } else if (!command) {
      isHelp ||= word === 'help';
      if (word !== 'help') command = await commandCalled(word);
      if (!command && word !== 'help') return { position: { at: 'nothing' }, current, cwd };
    } else if (command.rest === 'command') return { position: commandAt(at), current, cwd };
  }
  return { ...here(command, { current, previous: words.at(-2), isHelp, isRest, at }), cwd };
}

function here(
  command: Command | undefined,
  line: { current: string; previous: string | undefined; isHelp: boolean; isRest: boolean; at: number },
): Pick<Line, 'position' | 'current'> {
  const { current, previous, isHelp, isRest, at } = line;
  const options = { ...COMMON_OPTIONS, ...command?.options };
  if (!isRest && current.startsWith('-')) {
    const [given = '', inline] = splitValue(current);
    if (inline === undefined) return { position: { at: 'option', command }, current };
    return { position: value(optionCalled(options, given)?.spec.values, `${given}=`), current: inline };
  }
  if (!command) return { position: isRest ? { at: 'nothing' } : { at: 'verb' }, current };
  if (isHelp) return { position: { at: 'nothing' }, current };
  const before = previous === undefined ? undefined : optionCalled(options, previous);
  if (before?.spec.takes === 'reference') return { position: value(before.spec.values, ''), current };
  if (command.rest === 'command') return { position: commandAt(at), current };
  // More arguments, or a prompt: whatever it says, it may name files.
  if (command.rest === 'prose' || isRest) return { position: value('files', ''), current };
  return { position: value(command.words, ''), current };
}

const commandAt = (begins: number): Position => ({ at: 'command', begins });

function value(offered: Offered | undefined, prefix: string): Position {
  return offered === undefined ? { at: 'nothing' } : { at: 'value', offered, prefix };
}

function splitValue(word: string): [name: string, value?: string] {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function optionCalled(options: OptionTable, given: string): { name: string; spec: OptionSpec } | undefined {
  for (const [name, spec] of Object.entries(options)) {
    if (given === `--${name}` || given === `-${spec.short}` || spec.also?.includes(given))
      return { name, spec };
  }
  return undefined;
}

async function commandCalled(word: string): Promise<Command | undefined> {
  const verb = verbCalled(word);
  return Object.hasOwn(VERBS, verb) ? VERBS[verb]?.load() : undefined;
}

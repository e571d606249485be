import { CompanionError } from '../../../domain/base/errors.ts';
import { typed } from '../../../domain/shell/quote.ts';
import { echo, echoed } from '../../../domain/text/harmless.ts';
import { COMMON_OPTIONS, type Grammar, knownOptions, lineToType, type OptionSpec } from './grammar.ts';
import { nearest } from './nearest.ts';
import { type TokenSource, tokensOf, tokensOfText } from './tokens.ts';

export interface Parsed {
  options: Map<string, string | true>;
  words: string[];
  /** byte for byte; undefined where none was given */
  prose: string | undefined;
  /** from its first word on, or after `--`; undefined where there is none */
  command: string[] | undefined;
  /** all of it came as one argument: its words may be one name with spaces in it */
  inOnePiece: boolean;
}

/**
 * Arguments to values, or a usage error. One argument may hold all of them, as 1.0.5's slash commands pass
 * `"$ARGUMENTS"`: it is read by the same rules, and its prose is taken byte for byte.
 */
export function parseArguments(grammar: Grammar, args: string[]): Parsed {
  const [only, ...more] = args;
  const single = only !== undefined && more.length === 0 && /\s|^$/.test(only);
  return single ? parseText(grammar, only) : parseTokens(grammar, tokensOf(args));
}

export function parseText(grammar: Grammar, text: string): Parsed {
  return { ...parseTokens(grammar, tokensOfText(text)), inOnePiece: true };
}

function parseTokens(grammar: Grammar, tokens: TokenSource): Parsed {
  const parsed: Parsed = {
    options: new Map(),
    words: [],
    prose: undefined,
    command: undefined,
    inOnePiece: false,
  };
  for (let token = tokens.peek(); token !== undefined; token = tokens.peek()) {
    const { value, quoted } = token;
    if (value === '--' && !quoted) {
      tokens.take();
      takeRest(grammar, tokens, parsed);
      break;
    }
    if (grammar.options.signal && !quoted && KILLS_SIGNAL.test(value)) throw signalForm(value, grammar);
    if (/^--?[A-Za-z]/.test(value) && !quoted) takeOption(grammar, tokens, parsed);
    else if (grammar.rest === 'prose') {
      takeProse(grammar, tokens, parsed);
      break;
    } else if (grammar.rest === 'command') {
      takeCommand(grammar, tokens, parsed);
      break;
    } else parsed.words.push(tokens.take());
  }
  const [surplus] = parsed.words;
  if (grammar.rest === 'nothing' && surplus !== undefined) throw notExpected(grammar, surplus);
  return parsed;
}

/** `kill -9`, `kill -INT` */
const KILLS_SIGNAL = /^-(?:\d+|(?:SIG)?[A-Z]{2,}\d?)$/;

function signalForm(value: string, { verb }: Grammar): CompanionError {
  const signal = value.slice(1);
  return new CompanionError('usage', `${verb} takes a signal as --signal ${signal}, not as ${value}.`, {
    hint: `codex-companion ${verb} --signal ${signal}`,
  });
}

function takeRest(grammar: Grammar, tokens: TokenSource, parsed: Parsed): void {
  if (grammar.rest === 'prose') parsed.prose = tokens.rest();
  else if (grammar.rest === 'command') parsed.command = tokens.restAsArguments();
  else parsed.words.push(...tokens.restAsWords());
}

/**
 * From its first word on all is prose; in a text that came as one, also what looks like an option. Of several arguments,
 * known options at the end are options, as in 1.0.5: `task fix the bug --write`. Between the words nobody can know.
 */
function takeProse(grammar: Grammar, tokens: TokenSource, parsed: Parsed): void {
  const words = tokens.severalWords();
  const at = words ? ownOptionIn(grammar, words, 'also') : -1;
  if (!words || at === -1) {
    parsed.prose = tokens.rest();
    return;
  }
  const after = optionsOnly(grammar, words.slice(at));
  if (!after) throw mayBeOurs(grammar, parsed, words, { at, of: 'of the text' });
  parsed.prose = words.slice(0, at).join(' ');
  for (const [name, value] of after) parsed.options.set(name, value);
}

function optionsOnly(grammar: Grammar, args: string[]): Parsed['options'] | undefined {
  try {
    const parsed = parseTokens({ ...grammar, rest: 'words' }, tokensOf(args));
    return parsed.words.length === 0 && !args.includes('--') ? parsed.options : undefined;
  } catch (error) {
    if (error instanceof CompanionError && error.code === 'usage') return undefined;
    throw error;
  }
}

function takeOption(grammar: Grammar, tokens: TokenSource, parsed: Parsed): void {
  const token = tokens.take();
  const equals = token.startsWith('--') ? token.indexOf('=') : -1;
  const given = equals === -1 ? token : token.slice(0, equals);
  const inline = equals === -1 ? undefined : token.slice(equals + 1);
  const { name, spec } = lookUp(grammar, given);
  parsed.options.set(name, readValue(given, spec, inline, tokens));
  if (inline === 'false' && spec.takes === 'nothing') parsed.options.delete(name);
}

function lookUp(grammar: Grammar, given: string): { name: string; spec: OptionSpec } {
  for (const [name, spec] of Object.entries({ ...COMMON_OPTIONS, ...grammar.options })) {
    if (isCalled(given, name, spec) || spec.also?.includes(given)) return { name, spec };
  }
  const way = grammar.rest === 'prose' ? ` Put -- before a prompt that begins with a dash.` : '';
  throw new CompanionError('usage', `${grammar.verb} has no option ${echoed(given)}.`, {
    hint: `${nearestOption(grammar, given)}${way}`,
  });
}

function nearestOption(grammar: Grammar, given: string): string {
  const known = knownOptions(grammar).map(([name]) => `--${name}`);
  const near = nearest(given, known);
  return near ? `Did you mean ${near}?` : `codex-companion ${grammar.verb} --help`;
}

function notExpected(grammar: Grammar, word: string): CompanionError {
  return new CompanionError('usage', `${grammar.verb} takes options alone; it was given ${echo(word)}.`, {
    hint: nearestOption(grammar, `--${word}`),
  });
}

function readValue(
  given: string,
  spec: OptionSpec,
  inline: string | undefined,
  tokens: TokenSource,
): string | true {
  switch (spec.takes) {
    case 'nothing':
      if (inline === undefined || inline === 'true' || inline === 'false') return true;
      throw new CompanionError('usage', `${given} takes no value; it was given ${echo(inline)}.`);
    case 'reference':
      if (inline !== undefined) return inline || true;
      return looksLikeReference(tokens.peek()?.value) ? tokens.take() : true;
    case 'value': {
      const value = inline ?? (tokens.peek() === undefined ? undefined : tokens.take());
      if (value === undefined || value === '')
        throw new CompanionError('usage', `${given} needs a value.`, { hint: `${given} VALUE` });
      return value;
    }
  }
}

/** A job id (or most of one, with a digit in it) or a Codex thread id; anything else after `--resume` is the prompt. */
function looksLikeReference(word: string | undefined): boolean {
  if (word === undefined) return false;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(word)) return true;
  return /^(?:task|review)-(?=[a-z0-9-]*\d)[a-z0-9]+(?:-[a-z0-9]*)?$/.test(word);
}

/** Options end at its first word. One of ours that comes later may have been meant for us, and nobody can know. */
function takeCommand(grammar: Grammar, tokens: TokenSource, parsed: Parsed): void {
  const words = tokens.restAsArguments();
  const at = ownOptionIn(grammar, words);
  if (at !== -1) throw mayBeOurs(grammar, parsed, words, { at, of: `of ${echoed(words[0] ?? '')}` });
  parsed.command = words;
}

/** Where the first word before `--` is that is an option of ours, too; -1 for none. `also`: other programs' names count. */
function ownOptionIn(grammar: Grammar, words: string[], also?: 'also'): number {
  const end = words.indexOf('--');
  return words.findIndex(
    (word, index) => (end === -1 || index < end) && optionOf(grammar, word, also) !== undefined,
  );
}

function mayBeOurs(
  grammar: Grammar,
  parsed: Parsed,
  words: string[],
  { at, of }: { at: number; of: string },
): CompanionError {
  const word = words[at] ?? '';
  const takesNext = optionOf(grammar, word, 'also')?.takes === 'value' && !word.includes('=');
  const behind = at + (takesNext ? 2 : 1);
  const ours = [...words.slice(at, behind), '--', ...words.slice(0, at), ...words.slice(behind)];
  const [asOurs, asTheirs] = [ours, ['--', ...words]].map((rest) =>
    lineToType(grammar.verb, parsed.options, typed(rest)),
  );
  return new CompanionError(
    'usage',
    `${echo(word)} may be an option of ${grammar.verb} or ${of}. Nothing was started.`,
    { hint: `${asOurs}   or   ${asTheirs}` },
  );
}

function optionOf(grammar: Grammar, word: string, also?: 'also'): OptionSpec | undefined {
  const given = word.split('=', 1)[0] ?? '';
  const known = knownOptions(grammar).find(
    ([name, spec]) => isCalled(given, name, spec) || (also && spec.also?.includes(given)),
  );
  return known?.[1];
}

function isCalled(given: string, name: string, { short }: OptionSpec): boolean {
  return given === `--${name}` || (short !== undefined && given === `-${short}`);
}

/** Whether an error shall be told as JSON: asked before, and whether or not, the arguments can be parsed. */
export function wantsJson(args: string[]): boolean {
  const words = args.length === 1 ? (args[0] ?? '').split(/\s+/) : args;
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

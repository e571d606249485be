import { CompanionError } from '../../domain/base/errors.ts';
import { VERSION } from '../../domain/base/version.ts';
import { typed } from '../../domain/shell/quote.ts';
import { echo } from '../../domain/text/harmless.ts';
import { detectOrigin } from '../../hosts/origin.ts';
import { readEnvironment } from '../../process/environment.ts';
import { onWarning, TOLD_AT_MOST } from '../../state/files/warnings.ts';
import type { Command } from './command.ts';
import { EXIT_DONE } from './exit-codes.ts';
import { type Parsed, parseArguments, parseText, wantsJson } from './input/arguments.ts';
import type { Grammar } from './input/grammar.ts';
import { nearest } from './input/nearest.ts';
import { Options } from './input/options.ts';
import { ABSENT, verbCalled } from './other-names.ts';
import { Output } from './output.ts';
import { orTold, perform, showHelp } from './perform.ts';
import { INTERNAL_VERBS, VERBS } from './verbs.ts';

/** How the commands/ of the plugin pass on what the user has typed: whoever does that is a model, or its host. */
const FROM_STDIN = '--arguments-from-stdin';

/**
 * Runs one command line and returns the exit status. Whatever goes wrong is told in one place: as text on stderr, as
 * one JSON object on stdout where `--json` was given, or as text on stdout for a slash command, whose caller never
 * sees the output of a command that exits with anything but 0.
 *
 * @param program this program's file, absolute; its directory holds the other bundles
 */
export async function main(args: string[], program: string): Promise<number> {
  const slash = args.includes('--for-slash-command');
  const out = new Output({ json: wantsJson(args), slash, forModel: args.includes(FROM_STDIN) });
  onWarning((message) => out.talk(`codex-companion: ${message}`), TOLD_AT_MOST);
  return orTold(out, () => dispatch(args, program, slash));
}

async function dispatch(args: string[], program: string, slash: boolean): Promise<number> {
  const before = optionsBefore(args);
  const [given = 'help', ...others] = args.slice(before);
  const verb = verbCalled(given);
  const rest = [...args.slice(0, before), ...others];
  const out = new Output({ json: false, slash });
  if (verb === '--version' || verb === 'version') {
    out.data(`${VERSION}\n`);
    return EXIT_DONE;
  }
  if (['help', '--help', '-h'].includes(verb)) return help(rest, out);
  return call(await commandOf(verb, rest), verb, rest, program);
}

/** How many arguments before the verb are options that every verb takes, as git has them: `-C DIR status`. */
function optionsBefore(args: string[]): number {
  let at = 0;
  for (;;) {
    const arg = args[at] ?? '';
    if (arg === '-C' || arg === '--cwd') at += 2;
    else if (arg === '--json' || arg.startsWith('--cwd=')) at += 1;
    else return at;
  }
}

async function help([given]: string[], out: Output): Promise<number> {
  const verb = given === undefined ? undefined : verbCalled(given);
  await showHelp(
    verb === undefined ? (await import('./help/main-help.ts')).mainHelp() : (await commandOf(verb)).help,
    out,
  );
  return EXIT_DONE;
}

async function commandOf(verb: string, rest: readonly string[] = []): Promise<Command> {
  const found = Object.hasOwn(VERBS, verb) ? VERBS[verb] : INTERNAL_VERBS[verb];
  if (found && (Object.hasOwn(VERBS, verb) || Object.hasOwn(INTERNAL_VERBS, verb))) return found.load();
  throw noSuchVerb(verb, rest);
}

function noSuchVerb(verb: string, rest: readonly string[]): CompanionError {
  const absent = Object.hasOwn(ABSENT, verb) ? ABSENT[verb] : undefined;
  const sentence = `There is no verb ${echo(verb)}`;
  if (absent) return new CompanionError('usage', `${sentence}: ${absent.why}.`, { hint: absent.instead });
  const near = nearest(verb, Object.keys(VERBS));
  return near
    ? new CompanionError('usage', `${sentence}. Did you mean ${near}?`, {
        hint: typed(['codex-companion', near, ...rest]),
      })
    : new CompanionError('usage', `${sentence}.`, { hint: 'codex-companion --help' });
}

async function call(command: Command, verb: string, args: string[], program: string): Promise<number> {
  if (command.refusesEmpty && args.includes(''))
    throw new CompanionError(
      'usage',
      `The name of the job that ${verb} is to act on is empty. Nothing was done.`,
      {
        hint: 'codex-companion status',
      },
    );
  const parsed = await parse({ verb, options: command.options, rest: command.rest }, args);
  const options = new Options(parsed.options);
  const environment = readEnvironment();
  const origin = once(() => detectOrigin(environment));
  const out = new Output({
    json: options.has('json'),
    slash: options.has('for-slash-command'),
    forModel: options.has('arguments-from-stdin') || options.has('framed'),
    isAgents: () => out.terminalWidth === undefined && origin() !== null,
  });
  // From here on it is known whether `--json` was an option or a word of the prompt.
  return perform({ command, verb, parse: () => parsed, out, environment, origin, program });
}

/** Arguments, and with `--arguments-from-stdin` those that stand there in one text. */
async function parse(grammar: Grammar, args: string[]): Promise<Parsed> {
  const parsed = parseArguments(grammar, args);
  if (!parsed.options.has('arguments-from-stdin')) return parsed;
  const { readStdin } = await import('./stdin/stdin.ts');
  const text = (await readStdin()).replace(/\r?\n$/, '');
  const more = parseText(grammar, text);
  return {
    options: new Map([...parsed.options, ...more.options]),
    words: [...parsed.words, ...more.words],
    prose: more.prose ?? parsed.prose,
    command: more.command ?? parsed.command,
    inOnePiece: parsed.words.length === 0,
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

import { quotedIfNeeded } from '../../../domain/shell/quote.ts';

export interface OptionSpec {
  /** `reference`: takes a value only where the next word looks like a job or thread, or after `=` */
  takes: 'nothing' | 'value' | 'reference';
  short?: string;
  /** what other programs call it, with its dashes; in no help. It is looked for before a command alone, which may have it, too */
  also?: readonly string[];
  /** what a shell offers in the place of its value; not all that it may be */
  values?: Offered;
}

/** Known words, or what the shell or our state has to be asked for. */
export type Offered = readonly string[] | 'files' | 'directories' | 'jobs' | 'live-jobs';

export type OptionTable = Record<string, OptionSpec>;

/** Of every verb that starts a job. */
export const BACKGROUND: OptionSpec = { takes: 'nothing', also: ['-b', '--bg', '-d', '--detach'] };

/**
 * What stands beside the options. `nothing`; `words`: anywhere among them; `prose`: from its first word on everything is
 * prose; `command`: from its first word on, or after `--`, everything is the command.
 */
export type Rest = 'nothing' | 'words' | 'prose' | 'command';

export interface Grammar {
  verb: string;
  options: OptionTable;
  rest: Rest;
}

/**
 * Options that every verb takes. The last three serve slash commands and stand in no help; `--discuss` has what is shown
 * pass through the model, and says nothing here.
 */
export const COMMON_OPTIONS: OptionTable = {
  cwd: { takes: 'value', short: 'C', values: 'directories' },
  json: { takes: 'nothing' },
  help: { takes: 'nothing', short: 'h' },
  'for-slash-command': { takes: 'nothing' },
  'arguments-from-stdin': { takes: 'nothing' },
  discuss: { takes: 'nothing' },
};

const HIDDEN = new Set(['for-slash-command', 'arguments-from-stdin', 'discuss']);

/** The options that a verb takes, by the help's count. */
export function knownOptions({ options }: Pick<Grammar, 'options'>): [name: string, spec: OptionSpec][] {
  return Object.entries({ ...COMMON_OPTIONS, ...options }).filter(([name]) => !HIDDEN.has(name));
}

export type OptionValues = ReadonlyMap<string, string | true>;

/** A command line of ours as one types it, with the options that were given. `rest`: what follows them. */
export function lineToType(verb: string, options: OptionValues, rest: string): string {
  const given = [...options]
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => (value === true ? `--${name}` : `--${name} ${quotedIfNeeded(value)}`));
  return ['codex-companion', verb, ...given, rest].join(' ');
}

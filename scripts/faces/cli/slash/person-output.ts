import { Output } from '../output.ts';

/** Claude Code 2.1.329 wraps a hook's text that many columns before its terminal's edge (tried at 80). */
const MARGIN = 10;
const DEFAULT_COLUMNS = 80;

/**
 * What a slash command shows to its user himself, and no model reads: kept, with a terminal's colours and width, and with
 * slash commands to type next.
 */
export class PersonOutput extends Output {
  readonly #columns: number;
  #shown = '';

  constructor(columns: number | undefined) {
    super({ json: false, slash: false });
    this.#columns = Math.max(MARGIN, (columns || DEFAULT_COLUMNS) - MARGIN);
  }

  get shown(): string {
    return this.#shown;
  }

  override data(text: string | Uint8Array): void {
    this.#shown += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
  }

  /** All of it is one text: nobody sees the hook's stderr. */
  override talk(line: string): void {
    this.say(`${line}\n`);
  }

  override typed(line: string): string {
    const [, verb, rest = ''] = /^codex-companion (\S+)(?: (.*))?$/.exec(line) ?? [];
    return verb === undefined ? line : this.command(verb, ...(rest === '' ? [] : [rest]));
  }

  override get terminalWidth(): number {
    return this.#columns;
  }

  override command(verb: string, ...words: string[]): string {
    return this.asSlashCommand(verb, words) ?? super.command(verb, ...words);
  }
}

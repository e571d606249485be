import { COMMON_HELP } from '../scripts/faces/cli/common-help.ts';
import { blocksOf, type HelpBlock, type HelpRow } from '../scripts/faces/cli/help/help-text.ts';
import { mainHelp } from '../scripts/faces/cli/help/main-help.ts';
import { VERBS } from '../scripts/faces/cli/verbs.ts';

/** The page for man(1), in the man macros of roff: what the helps say. It bears no date and no version, so it stays in step. */
export async function manPage(): Promise<string> {
  const [intro, , , ...rest] = blocksOf(mainHelp());
  const notes = rest.flatMap((block) =>
    block.kind === 'text' && !block.text.endsWith(':') ? [block.text] : [],
  );
  const isStatus = (note: string) => note.startsWith(STATUS);
  const commands: string[] = [];
  for (const [verb, { load }] of Object.entries(VERBS)) {
    const { help } = await load();
    commands.push(`.SS ${text(verb)}`, ...blocksOf(help.replace(COMMON_HELP, '\n')).flatMap(roff));
  }
  const [name, about] = intro?.kind === 'text' ? intro.text.split(': ', 2) : [];
  return `${[
    '.\\" Generated from the verbs\\(aq own help by npm run reference',
    '.TH CODEX\\-COMPANION 1 "" codex\\-companion',
    // Options and their values are not to be hyphenated.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${text(name ?? '')} \\- ${text((about ?? '').replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B codex\\-companion',
    text('VERB [options] [arguments]'),
    '.SH DESCRIPTION',
    ...paragraphs(notes.filter((note) => !isStatus(note))),
    '.SH OPTIONS',
    ...blocksOf(COMMON_HELP).flatMap(roff),
    '.SH COMMANDS',
    ...commands,
    '.SH EXIT STATUS',
    ...paragraphs(notes.filter(isStatus).map((note) => note.slice(STATUS.length))),
  ].join('\n')}\n`;
}

/** How the main help begins what has a section of its own here. */
const STATUS = 'Exit status: ';

function paragraphs(notes: readonly string[]): string[] {
  return notes.flatMap((note) => roff({ kind: 'text', text: note }));
}

function roff(block: HelpBlock): string[] {
  switch (block.kind) {
    case 'text':
      return ['.PP', text(block.text)];
    case 'rows':
      return block.rows.flatMap(row);
    case 'lines':
      return block.lines.length === 0 ? [] : ['.PP', '.nf', ...block.lines.map(text), '.fi'];
  }
}

/** What stands deeper belongs to the row above. */
function row({ indent, head, text: meaning }: HelpRow): string[] {
  const entry = ['.TP', `.B ${text(head)}`, text(meaning)].filter((line) => line !== '');
  return indent > 2 ? ['.RS', ...entry, '.RE'] : entry;
}

/** Characters that roff gives a meaning, or draws as others: a quote or hyphen is to be copied as it is typed. */
const ROFF: Record<string, string> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

/** A dot at its beginning would make a line a request. */
function text(plain: string): string {
  return plain.replace(/[\\\-'`^~"]/g, (one) => ROFF[one] ?? one).replace(/^\./, '\\&.');
}

/** What stands in a verb's help: it is written once, as it is shown on a wide screen, and read here for all other forms. */
export type HelpBlock =
  | { kind: 'text'; text: string }
  | { kind: 'rows'; rows: HelpRow[] }
  /** to be typed, so never broken: usage, examples */
  | { kind: 'lines'; lines: string[] };

/** An option with its meaning, or a verb with its summary. */
export interface HelpRow {
  indent: number;
  head: string;
  text: string;
}

/** Deeper than any head of a row: a line that begins there goes on with the row above. */
const TEXT_COLUMN = 15;

export function blocksOf(help: string): HelpBlock[] {
  return help.split(/\n{2,}/).flatMap((part) => {
    const lines = part.split('\n').filter((line) => line !== '');
    return /^(?:Usage:|Examples?:)/.test(part) ? [{ kind: 'lines', lines } as const] : proseAndRows(lines);
  });
}

function proseAndRows(lines: readonly string[]): HelpBlock[] {
  const blocks: HelpBlock[] = [];
  for (const line of lines) {
    const last = blocks.at(-1);
    const indent = line.search(/\S/);
    if (indent > 0 && last?.kind === 'rows') addTo(last.rows, line, indent);
    else if (indent > 0) blocks.push({ kind: 'rows', rows: [rowIn(line, indent)] });
    else if (last?.kind === 'text') last.text += ` ${line}`;
    else blocks.push({ kind: 'text', text: line });
  }
  return blocks;
}

function addTo(rows: HelpRow[], line: string, indent: number): void {
  const above = rows.at(-1);
  if (!above || indent < TEXT_COLUMN) rows.push(rowIn(line, indent));
  else above.text = `${above.text} ${line.trim()}`.trim();
}

function rowIn(line: string, indent: number): HelpRow {
  const [head = '', ...text] = line.trim().split(/ {2,}/);
  return { indent, head, text: text.join(' ') };
}

/** The names with their dashes that a head begins its alternatives with: `-b, --background`, `--exit-code=outcome`. */
export function optionsIn(head: string): string[] {
  return head.split(', ').flatMap((one) => /^--?[a-zA-Z][a-z-]*/.exec(one)?.[0] ?? []);
}

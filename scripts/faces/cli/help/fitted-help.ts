import { blocksOf, type HelpBlock, type HelpRow } from './help-text.ts';

/** The texts of a list stand beside its heads where so many columns are left for them, else below. */
const NARROWEST_TEXT = 30;
const TEXT_BELOW = 4;
/** A longer head has a line of its own. */
const WIDEST_HEAD = 27;

/**
 * A help as wide as the screen, in columns: as it was written where that fits, or where nobody looks (undefined). Usage and
 * examples stay whole, to be copied.
 */
export function fittedHelp(help: string, width: number | undefined): string {
  if (width === undefined || help.split('\n').every((line) => line.length <= width)) return help;
  const shown: string[] = [];
  let above: HelpBlock | undefined;
  for (const block of blocksOf(help)) {
    const isHeaded = above?.kind === 'text' && above.text.endsWith(':') && block.kind === 'rows';
    const followsRows = above?.kind === 'rows' && block.kind === 'rows';
    if (above && !isHeaded && !followsRows) shown.push('');
    shown.push(...linesOf(block, width));
    above = block;
  }
  return `${shown.join('\n')}\n`;
}

function linesOf(block: HelpBlock, width: number): string[] {
  switch (block.kind) {
    case 'lines':
      return block.lines;
    case 'text':
      return wrapped(block.text, width);
    case 'rows': {
      const ends = block.rows.map(({ indent, head }) => indent + head.length + 2);
      const column = Math.max(2 + TEXT_BELOW, ...ends.filter((end) => end <= WIDEST_HEAD));
      const beside = width - column >= NARROWEST_TEXT ? column : undefined;
      return block.rows.flatMap((row) => linesOfRow(row, beside, width));
    }
  }
}

function linesOfRow({ indent, head, text }: HelpRow, beside: number | undefined, width: number): string[] {
  const heads = wrapped(head, width - indent).map((line) => ' '.repeat(indent) + line);
  const column = beside ?? indent + TEXT_BELOW;
  const lines = text === '' ? [] : wrapped(text, width - column).map((line) => ' '.repeat(column) + line);
  const begin = ' '.repeat(indent) + head;
  if (beside === undefined || begin.length + 2 > column) return [...heads, ...lines];
  return [begin.padEnd(column) + (lines[0]?.slice(column) ?? ''), ...lines.slice(1)];
}

/** Broken at blanks; a word that is longer stands whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

import { clip } from '../../../domain/text/clip.ts';

/** Columns of equal width, in Markdown where the reader is a program or an agent, else plain for a terminal. */
export interface Table {
  head: string[];
  rows: string[][];
}

export function renderTable({ head, rows }: Table, terminal: number | undefined): string {
  return terminal === undefined ? markdown(head, rows) : aligned(head, rows, terminal);
}

function markdown(head: string[], rows: string[][]): string {
  const cells = rows.map((row) =>
    row.map((cell) =>
      cell
        .replaceAll('|', '\\|')
        .replace(/\s*\n\s*/g, ' ')
        .trim(),
    ),
  );
  const lines = [head, head.map(() => '---'), ...cells];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Columns with nothing in them are left out; the last one is cut where the terminal ends. */
function aligned(head: string[], rows: string[][], width: number): string {
  const used = head.map((_, column) => rows.some((row) => row[column] !== ''));
  const titles = head.map((cell) => cell.toUpperCase());
  const all = [titles, ...rows.map((row) => row.map(oneLine))].map((row) =>
    row.filter((_, column) => used[column]),
  );
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) => {
      const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      return clip(line.trimEnd(), width);
    })
    .join('\n');
}

function oneLine(cell: string): string {
  return cell.replace(/\s*\n\s*/g, ' ').trim();
}

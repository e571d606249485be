import { cpus, release } from 'node:os';

/** What a budget came to. */
export interface Figure {
  what: string;
  /** with its unit */
  figure: string;
  /** what it was measured beside, its spread, how often */
  detail: string;
}

/** A figure as the table has it; the load average is that of the minute before its budget was measured. */
export interface Row extends Figure {
  budget: string;
  load: string;
}

const COLUMNS = ['budget', 'what', 'figure', 'detail', 'load'] as const;

/** All figures of a run in Markdown, to be laid beside those of another run. */
export function table(rows: Row[]): string {
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows.map((row) => COLUMNS.map((name) => row[name]))];
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${process.platform} ${release()}, node ${process.version}`;
  return [machine, '', ...lines.map((cells) => `| ${cells.map(escaped).join(' | ')} |`)].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

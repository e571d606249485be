import type { Line, Look, Span } from '../render/paint.ts';
import { tidy } from '../render/tidy.ts';
import { columnsOf, fit } from '../render/width.ts';

/** A column of a list, and what becomes of it where there is little room. */
export interface Column<Row> {
  title: string;
  cell(row: Row): Span;
  right?: true;
  /** it is cut down to so many columns, and not further; missing: never cut */
  least?: number;
  /** of several that do not fit the highest goes first; missing: it stays */
  goes?: number;
}

const GAP = '  ';

/** A head and a line for each row, as wide as the screen at most. A column with nothing in it is left out. */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width }: Pick<Look, 'width'>,
): { head: Line; rows: Line[] } {
  const cells = columns
    .map((column) => ({ column, spans: rows.map((row) => cleaned(column.cell(row))) }))
    .filter(({ spans }) => spans.some(({ text }) => text !== ''))
    .map(({ column, spans }) => ({ column, spans, natural: naturalWidth(column, spans) }));
  const shown = width === undefined ? cells : whatFits(cells, width);
  const widths = width === undefined ? shown.map(({ natural }) => natural) : shareOut(shown, width);
  const line = (spanOf: (cell: Drawn<Row>) => Span): Line =>
    shown.flatMap((one, index) => {
      const span = spanOf(one);
      const text = fit(span.text, widths[index] ?? 0);
      const space: Span = { text: ' '.repeat(Math.max(0, (widths[index] ?? 0) - columnsOf(text))) };
      const filled = one.column.right ? [space, { ...span, text }] : [{ ...span, text }, space];
      return index === 0 ? filled : [{ text: GAP }, ...filled];
    });
  return {
    head: withoutEnd(line(({ column }) => ({ text: column.title, colour: 'dim' }))),
    rows: rows.map((_, index) => withoutEnd(line(({ spans }) => spans[index] ?? { text: '' }))),
  };
}

interface Drawn<Row> {
  column: Column<Row>;
  spans: Span[];
  natural: number;
}

function cleaned(span: Span): Span {
  return { ...span, text: tidy(span.text) };
}

function naturalWidth({ title }: { title: string }, spans: readonly Span[]): number {
  return Math.max(columnsOf(title), ...spans.map(({ text }) => columnsOf(text)));
}

function leastOf({ column, natural }: Drawn<never>): number {
  return Math.min(natural, column.least ?? natural);
}

function gaps(count: number): number {
  return Math.max(0, count - 1) * GAP.length;
}

function whatFits<Row>(cells: Drawn<Row>[], width: number): Drawn<Row>[] {
  const needed = cells.reduce((sum, one) => sum + leastOf(one as Drawn<never>), gaps(cells.length));
  const [first] = cells
    .filter(({ column }) => column.goes !== undefined)
    .sort((a, b) => (b.column.goes ?? 0) - (a.column.goes ?? 0));
  return needed <= width || !first
    ? cells
    : whatFits(
        cells.filter((one) => one !== first),
        width,
      );
}

/** Each gets its least; what is left over is shared evenly among those that could do with more. */
function shareOut<Row>(cells: readonly Drawn<Row>[], width: number): number[] {
  const widths = cells.map((one) => leastOf(one as Drawn<never>));
  let left = width - gaps(cells.length) - widths.reduce((sum, each) => sum + each, 0);
  const wanting = cells
    .map(({ natural }, index) => ({ index, wants: natural - (widths[index] ?? 0) }))
    .filter(({ wants }) => wants > 0)
    .sort((a, b) => a.wants - b.wants);
  wanting.forEach(({ index, wants }, nth) => {
    const more = Math.max(0, Math.min(wants, Math.floor(left / (wanting.length - nth))));
    widths[index] = (widths[index] ?? 0) + more;
    left -= more;
  });
  return widths;
}

/** Spaces at the end of a line would be copied with it. */
function withoutEnd(line: Line): Line {
  const end = line.findLastIndex(({ text }) => text.trim() !== '');
  return line.slice(0, end + 1);
}

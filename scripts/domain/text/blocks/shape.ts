/** How one kind of failure is written by the tools that write it so. A shape is a row of a table; blocks.ts reads by them. */

export interface Shape {
  /** of the block's first line. Groups: `name`, `place`, `reason` */
  heading: RegExp;
  /** it fits only where this is so */
  fits?: (lines: readonly string[], at: number) => boolean;
  /** where the block ends: the index after its last line */
  below: Extent;
  /** what the lines below say, bare: frames, quotes and keys of the tool's own are gone */
  bare?: (lines: string[]) => string[];
  /** the nearest line above that tells more, with the same groups as the heading */
  above?: Above;
  /** the line of code below the heading is of use */
  code?: boolean;
  /** a failed test, whatever the line was taken for */
  test?: boolean | ((groups: Groups) => boolean);
  /** the lines that tell it, where they are not those from the heading (or the line above) to the end */
  body?: (lines: readonly string[], at: number, end: number) => string[];
  /** it says only that something above or below it has failed */
  echo?: (lines: readonly string[], at: number, end: number) => boolean;
  /** what failed, where the heading does not hold all of it */
  name?: (groups: Groups, body: readonly string[]) => string;
  /** where, likewise */
  place?: (groups: Groups, above: Groups, body: readonly string[]) => string | undefined;
}

export type Groups = Record<string, string | undefined>;

export type Extent = (lines: readonly string[], at: number) => number;

export interface Above {
  pattern: RegExp;
  /** lines that are looked at */
  within: number;
  /** without it the shape does not fit */
  required?: boolean;
  /** the block begins there: what stands between belongs to it */
  begins?: boolean;
}

/** No block is longer. Lines. */
const MOST_LINES = 120;

export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** The heading alone. */
export const alone: Extent = (_, at) => at + 1;

/** What is indented more than the heading, with single blank lines between. */
export const indented: Extent = (lines, at) => {
  const own = indentOf(lines[at] ?? '');
  return extend(lines, at, (line) => isBlank(line) || indentOf(line) > own);
};

/** All lines that match. */
export function whilst(pattern: RegExp): Extent {
  return (lines, at) => extend(lines, at, (line) => pattern.test(line));
}

/** All lines before the first that matches. */
export function until(pattern: RegExp): Extent {
  return (lines, at) => extend(lines, at, (line) => !pattern.test(line));
}

function extend(lines: readonly string[], at: number, belongs: (line: string) => boolean): number {
  const most = Math.min(lines.length, at + MOST_LINES);
  let end = at + 1;
  while (end < most && belongs(lines[end] ?? '')) end++;
  while (end > at + 1 && isBlank(lines[end - 1] ?? '')) end--;
  return end;
}

/** The source of a pattern for a file with a place in it: `a/b.c:7:3`, `a.ts(7,3)`, `A.java:[7,3]`. */
export const PLACE_SOURCE = String.raw`(?:[A-Za-z]:)?[\w@~+.()[\]/\\-]*\.[A-Za-z]\w*(?::\[?|\()\d+(?:[:,]\d+)?[\])]?`;

/** What the lines of a block say, without what only the tool needs. */
import { type Frame, frameIn } from './places.ts';
import { indentOf } from './shape.ts';

export interface Told {
  reason: string[];
  /** the stack, as far as it was given */
  frames: Frame[];
}

const STACK = /^\s*(?:at |❯ |# |#\d)|^(?:\S+ |async \S+ |new \S+ )?\(?(?:file:\/\/|\/)\S+:\d+:\d+\)?$/;
/** `  5 | code`, `> 5 | code`, `    | ^`, `5 5 │ code`: the code around a place. */
const QUOTED_CODE = /^[\s>\d]*[|│](?:\s|$)/;
const MARKED = /^\s*>\s*\d+\s*[|│]\s?(.*)$/;
const NUMBERED = /^\s*\d+\s*[|│]\s?(.*)$/;
const CARETS = /^([\s|│~^_+-]*)(.*)$/;
/** What a stack came from may stand below it. */
const CAUSE = /^\s*(?:Caused by: |\[cause\]: |Suppressed: )/;
const NOTHING =
  /^\s*(?:[-=~_─━⎯*]{3,}|[{}]|[{}\]]+,?|\d+ \|.*|Failure\/Error: \S.*|\(compared using .*\)|@@ .*|Use -v to get more diff|\.\.\. \d+ .*|Stack trace:|#\d+ .*|thrown in .*)\s*$/;
/** Which side of a difference is which. */
const LEGEND =
  /^\s*(?:[-+]{1,3} ?(?:Expected|Received|Actual|actual|expected)\b(?:\s+[-+] (?:\d+|expected|actual))?|Diff:)\s*$/;
const ASSERTION = /^(?:AssertionError|AssertionFailedError)(?: \[\w+\])?: (?=\S)/;

/** `got: 100` below `expected: 90`: their columns mean nothing. */
const SIDE = /^\s*(?:expected|actual|got|left|right|Expected|Received|wanted|found)\s?: /;

export const DISTIL_PATTERNS: readonly RegExp[] = [
  STACK,
  QUOTED_CODE,
  MARKED,
  NUMBERED,
  CARETS,
  CAUSE,
  NOTHING,
  LEGEND,
  ASSERTION,
  SIDE,
];

/** So much of a block is kept: lines. */
const MOST = 12;

/** `code`: the line of code that is pointed at is told, too. */
export function distil(body: readonly string[], code: boolean): Told {
  const frames: Frame[] = [];
  const reason: string[] = [];
  const quoted: string[] = [];
  let [inStack, inDifference] = [false, false];
  for (const line of body) {
    const frame = frameIn(line);
    if (frame) frames.push(frame);
    inStack ||= frame !== undefined && STACK.test(line);
    if (frame || line.trim() === '') continue;
    if (QUOTED_CODE.test(line)) quoted.push(line);
    else if (inStack && !CAUSE.test(line)) continue;
    else if (LEGEND.test(line)) {
      inDifference = true;
      reason.push(line.trim());
    } else if (!NOTHING.test(line) && (!inDifference || /^\s*[-+]/.test(line)))
      reason.push(inDifference ? line.trim().replace(/^([-+])\s+/, '$1 ') : line);
  }
  const told = dedented(withOneLegend(reason)).map((line) => line.replace(ASSERTION, ''));
  return { reason: [...told, ...(code ? codeIn(quoted) : [])].slice(0, MOST), frames };
}

/** Two lines that say which side is which become one. */
function withOneLegend(lines: string[]): string[] {
  const sides = lines.filter((line) => LEGEND.test(line) && /^\s*[-+]/.test(line));
  if (sides.length === 0) return lines.filter((line) => !LEGEND.test(line));
  const legend = sides
    .map((line) =>
      line
        .trim()
        .replace(/^([-+])[-+]* ?/, '$1 ')
        .replace(/ {2,}.*$/, ''),
    )
    .join(' ');
  const at = lines.findIndex((line) => LEGEND.test(line));
  const others = lines.filter((line) => !LEGEND.test(line));
  const before = lines.slice(0, at).filter((line) => !LEGEND.test(line)).length;
  return [...others.slice(0, before), legend, ...others.slice(before)];
}

/** The line that is meant, and what is said of it below it. */
function codeIn(quoted: readonly string[]): string[] {
  const marked = quoted.find((line) => MARKED.test(line)) ?? quoted.find((line) => NUMBERED.test(line));
  if (marked === undefined) return [];
  const text = (MARKED.exec(marked) ?? NUMBERED.exec(marked))?.[1]?.trim() ?? '';
  const [, signs = '', said = ''] = CARETS.exec(quoted[quoted.indexOf(marked) + 1] ?? '') ?? [];
  const label = /[~^]/.test(signs) ? said.trim() : '';
  return [text, label].filter((part) => part !== '');
}

function dedented(all: string[]): string[] {
  const lines = all.map((line) => (SIDE.test(line) ? line.trim() : line));
  const [first, ...rest] = lines.map((line) => line.trimEnd());
  if (first === undefined) return [];
  const least = Math.min(...rest.map(indentOf), indentOf(first));
  const below = Math.min(...rest.map(indentOf));
  // Below a message that stands further left, what is quoted keeps no more than two columns.
  const shift = Number.isFinite(below) ? Math.max(least, below - 2) : least;
  return [first.trim(), ...rest.map((line) => line.slice(Math.min(shift, indentOf(line))))];
}

import type { Call } from '../command.ts';
import type { Screen } from '../output.ts';
import { columnsOf, fit } from './width.ts';

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 94 } as const;

export type Colour = keyof typeof SGR;

/** A part of a line; without a colour in the terminal's own. */
export interface Span {
  text: string;
  colour?: Colour | undefined;
}

export type Line = Span[];

/** For whom a screen is drawn. */
export interface Look {
  /** columns; undefined for a pipe or file: nothing is cut then, and times are absolute */
  width: number | undefined;
  colour: boolean;
  /** ms since 1970 */
  now: number;
  /** the user's, which paths are shortened by; undefined where it is not known */
  home: string | undefined;
  /** what to type next */
  command(verb: string, ...words: string[]): string;
}

/** Colours stand only where somebody looks: https://no-color.org, and not on a terminal that says it has none. */
export function lookOf({ out, context }: Pick<Call, 'out' | 'context'>): Look {
  const width = out.terminalWidth;
  const { NO_COLOR, TERM, HOME } = context.environment;
  const colour = width !== undefined && !NO_COLOR && TERM !== 'dumb';
  const command = (verb: string, ...words: string[]) => out.command(verb, ...words);
  return { width, colour, now: Date.now(), home: HOME, command };
}

export function screenOf(lines: readonly Line[], { colour }: Look): Screen {
  return lines.flatMap((line) => [
    ...line.map((span) =>
      colour && span.colour && span.text !== '' ? { painted: span.text, sgr: SGR[span.colour] } : span.text,
    ),
    '\n',
  ]);
}

/** No wider than the screen: what stands beyond is cut. */
export function cut(line: Line, { width }: Pick<Look, 'width'>): Line {
  if (width === undefined) return line;
  let left = width;
  return line.flatMap((span) => {
    const text = fit(span.text, left);
    left -= columnsOf(text);
    return text === '' ? [] : [{ ...span, text }];
  });
}

export function underHome(path: string, { home, width }: Pick<Look, 'home' | 'width'>): string {
  if (width === undefined || !home || home === '/') return path;
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** Reads one failure out of the lines around it. */
import { clip } from '../clip.ts';
import { BUILD_SHAPES, LINTER_SHAPES } from './builds.ts';
import { DISTIL_PATTERNS, distil } from './distil.ts';
import { ANY, ECHO, MESSAGE_SHAPES, SHELL_SHAPES } from './messages.ts';
import { frameText, PLACE_PATTERNS, placeBelow, whereOf } from './places.ts';
import type { Groups, Shape } from './shape.ts';
import { STACK_SHAPES } from './stacks.ts';
import { TEST_SHAPES } from './tests.ts';

/** What failed, where, and why. */
export interface Failure {
  /** a test's name, or a message */
  name: string;
  /** `file:line[:column]`, below the job's directory where it lies there */
  place: string | null;
  /** in lines: what was expected and what came, the line of code, the cause */
  reason: string[];
  /** of a test; else a message */
  test: boolean;
}

/** The lines from `from` to before `to` are told by it; without a failure they only repeat that there is one. */
export interface ReadBlock {
  from: number;
  to: number;
  failure: Failure | undefined;
}

const SHAPES: readonly Shape[] = [
  ...LINTER_SHAPES,
  ...TEST_SHAPES,
  ...MESSAGE_SHAPES,
  ...STACK_SHAPES,
  ...BUILD_SHAPES,
  ...SHELL_SHAPES,
  ANY,
];

/** All of them, for a test: a job chooses what they are tried on. */
export const BLOCK_PATTERNS: readonly RegExp[] = [
  ...SHAPES.flatMap(({ heading, above }) => (above ? [heading, above.pattern] : [heading])),
  ...PLACE_PATTERNS,
  ...DISTIL_PATTERNS,
  ECHO,
];

const NAME_LIMIT = 200;
const LINE_LIMIT = 160;

/**
 * The failure of which line `at` is a part. Lines are readable, and no longer than a few screens.
 * @param base the directory of the job: places below it are shown without it
 */
export function readBlock(lines: readonly string[], at: number, base: string): ReadBlock {
  const line = lines[at] ?? '';
  if (ECHO.test(line)) return { from: at, to: at + 1, failure: undefined };
  for (const shape of SHAPES) {
    const groups = shape.heading.exec(line)?.groups ?? (shape.heading.test(line) ? {} : undefined);
    if (!groups || shape.fits?.(lines, at) === false) continue;
    const above = lookAbove(lines, at, shape);
    if (!above && shape.above?.required) continue;
    const to = shape.below(lines, at);
    const from = above && shape.above?.begins ? above.index : at;
    if (shape.echo?.(lines, at, to)) return { from, to, failure: undefined };
    const body = shape.body?.(lines, at, to) ?? lines.slice(from + 1, to);
    return { from, to, failure: failureOf(shape, groups, above?.groups ?? {}, body, base) };
  }
  return { from: at, to: at + 1, failure: undefined };
}

function lookAbove(
  lines: readonly string[],
  at: number,
  { above }: Shape,
): { index: number; groups: Groups } | undefined {
  if (!above) return undefined;
  for (let index = at - 1; index >= 0 && index >= at - above.within; index--) {
    const found = above.pattern.exec(lines[index] ?? '');
    if (found) return { index, groups: found.groups ?? {} };
  }
  return undefined;
}

function failureOf(shape: Shape, groups: Groups, above: Groups, body: string[], base: string): Failure {
  const bare = shape.bare?.(body) ?? body;
  const { reason, frames } = distil(bare, shape.code ?? false);
  const test = typeof shape.test === 'function' ? shape.test(groups) : (shape.test ?? false);
  const hint = shape.place ? shape.place(groups, above, body) : (groups.place ?? above.place);
  const { place, cause } = whereOf(frames, hint, test);
  const told = [...(groups.reason ? [groups.reason] : []), ...reason];
  const name = (shape.name?.(groups, body) || groups.name || above.name || told.shift()) ?? '';
  const why = told.filter((line) => line !== name);
  const causes = cause && !why.some((line) => line.startsWith('at ')) ? [frameText(cause, base)] : [];
  return {
    name: clip(withoutType(name.trim()), NAME_LIMIT),
    place: place === null ? null : placeBelow(place, base),
    reason: [...why, ...causes].map((line) => clip(withoutType(line.trimEnd()), LINE_LIMIT)),
    test,
  };
}

/** `TypeError [Error]: …` is node's way to say TypeError. */
function withoutType(name: string): string {
  return name.replace(/^(\w*Error) \[(?:Error|\w+_\w+)\]: /, '$1: ');
}

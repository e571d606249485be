/** How compilers and linters tell of an error. */
import {
  alone,
  type Extent,
  type Groups,
  indented,
  PLACE_SOURCE,
  type Shape,
  until,
  whilst,
} from './shape.ts';

/** The line of code and what points into it, framed or not; and what is indented below the message. */
const aroundCode: Extent = (lines, at) => {
  const isCaret = (line: string | undefined) => /^\s*[~^][~^\s-]*$/.test(line ?? '');
  if (isCaret(lines[at + 2])) return whilst(/^\s*[~^]|^\s+\w+: /)(lines, at + 2);
  // tsc --pretty: a blank line, the code behind its number, the tildes
  const isPretty = (lines[at + 1] ?? '').trim() === '' && /^\d+ /.test(lines[at + 2] ?? '');
  if (isPretty) return Math.min(lines.length, at + 4);
  return whilst(/^\s+\S/)(lines, at);
};

/** Code and caret without a frame get one, so that they are taken for what they are. */
function framed(body: string[]): string[] {
  const caret = body.findIndex((line) => /^\s*[~^][~^\s-]*$/.test(line));
  if (caret < 1 || body[caret - 1]?.includes('|')) return body;
  const code = (body[caret - 1] ?? '').replace(/^\d+ /, '');
  return [
    ...body.slice(0, caret - 1),
    `1 | ${code}`,
    ...body.slice(caret + 1).filter((line) => /^\s+\w+: /.test(line)),
  ];
}

/** Lines that were wrapped at some column are one again. */
function paragraphs(body: string[]): string[] {
  const whole: string[] = [];
  for (const line of body) {
    const isNew = line.trim() === '' || whole.length === 0 || whole.at(-1) === '' || /^\s{4,}/.test(line);
    if (isNew) whole.push(line.trim());
    else whole.push(`${whole.pop()} ${line.trim()}`);
  }
  return whole.filter((line) => !/^Add the installation prefix of /.test(line));
}

/** `'x' is not defined   no-undef` with the rule in brackets. */
function eslintName({ name = '' }: Groups): string {
  return name.trim().replace(/\s{2,}(\S+)$/, ' [$1]');
}

function eslintPlace({ line, column }: Groups, { place }: Groups): string | undefined {
  return place ? `${place}:${line}:${column}` : undefined;
}

/** Linters that draw their errors as test runners draw failed tests: to be tried before those. */
export const LINTER_SHAPES: readonly Shape[] = [
  // Biome: the place and the rule stand above the message
  {
    heading: /^\s*[×✖✘] (?<name>.*)$/,
    below: until(/^\S|^\s+(?:i|ℹ|[×✖✘]) /),
    above: { pattern: /^(?<place>\S+?(?::\d+:\d+)?) (?<rule>[\w/]+) .*━{3}$/, within: 2, required: true },
    code: true,
  },
  { heading: /^\s*[×✖✘] Some errors were emitted while /, below: alone, echo: () => true },
];

export const BUILD_SHAPES: readonly Shape[] = [
  // ESLint: the file stands above its lines
  {
    heading: /^\s+(?<line>\d+):(?<column>\d+)\s+(?:error|✖)\s+(?<name>.*)$/,
    below: alone,
    above: { pattern: /^(?<place>\S.*\.\w+)$/, within: 400 },
    place: eslintPlace,
    name: eslintName,
  },
  // Rust, and others that draw so: the place is behind an arrow
  { heading: /^error(?:\[\w+\])?: (?<name>.*)$/, below: untilBlankInFrame, code: true },
  {
    heading: /^\s*--> (?<place>\S+\.py:\d+:\d+)$/,
    below: whilst(/^\s*\d*\s*\|/),
    above: { pattern: /^(?<name>[A-Z]+\d+ .*)$/, within: 1, required: true },
    code: true,
  },
  // gcc, clang, tsc, javac, mypy, kotlinc, swiftc
  {
    heading: new RegExp(
      `^(?:\\[ERROR\\] |e: (?:file://)?)?(?<place>${PLACE_SOURCE})(?: -|:)? ?(?:fatal )?(?:error)?:? ?(?<name>.*)$`,
    ),
    below: aroundCode,
    bare: framed,
    code: true,
  },
  // the linker
  { heading: /^(?:\S*\/)?(?:ld|lld): (?<place>\S+?):\(\.\S+\): (?<name>.*)$/, below: alone },
  { heading: /^(?<place>[^\s:]+):\(\.\S+\): (?<name>undefined reference.*)$/, below: alone },
  {
    heading: /^CMake Error(?: at (?<place>\S+?:\d+)(?: \([\w-]+\))?)?:? ?(?<name>.*)$/,
    below: indented,
    bare: paragraphs,
  },
  { heading: /^✘ \[ERROR\] (?<name>.*)$/, below: indented, code: true },
  { heading: /^ERROR in (?<place>\S+)(?: (?<at>[\d:-]+))?$/, below: until(/^$|^ERROR in /) },
];

/** In a frame blank lines are drawn. */
function untilBlankInFrame(lines: readonly string[], at: number): number {
  return until(/^$|^[^\s\d]/)(lines, at);
}

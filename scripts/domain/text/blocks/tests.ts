/** How test runners tell of a failed test. What each of them prints: tests/support/outputs/runs. */
import { alone, type Groups, indented, indentOf, type Shape, until, whilst } from './shape.ts';
import { barePerl, bareTap, isParentInTap, locationInTap } from './tap.ts';

const VITEST_HEADING = /^\s*(?:❯\s+)?FAIL {1,2}(?:\|\S+\| )?(?<place>\S+?)(?: > (?<name>.+)| \[ \S+ \])?$/;
const GO_HEADING = /^\s*--- FAIL: (?<name>\S+) \([\d.]+s\)$/;
const NUMBERED_HEADING = /^\s+\d+\) (?<name>\S.*)$/;

/** Lines of the summary that come below the last failure. */
const NUMBERED_ENDS = /^\s+\d+\) \S|^Finished in |^Failed examples:|^\d+ examples?, /;

const numberedDetails = until(NUMBERED_ENDS);

/** In mocha's list of all tests a failed one is a line; below, it begins its details, which are indented more. */
function numberedBelow(lines: readonly string[], at: number): number {
  const below = lines[at + 1] ?? '';
  const hasDetails =
    below.trim() !== '' && indentOf(below) > indentOf(lines[at] ?? '') && !/^\s+\d+\) /.test(below);
  return hasDetails ? numberedDetails(lines, at) : at + 1;
}

/** `Cart › prices › of unknown ids`, whose parts mocha writes on lines of their own up to one with a colon. */
function numberedName({ name = '' }: Groups, body: readonly string[]): string {
  const end = body.findIndex((line) => line.endsWith(':'));
  const isMocha =
    end >= 0 &&
    body.slice(0, end + 1).every((line) => /^\s{5,}\S/.test(line)) &&
    !/^\s+Failure\/Error/.test(body[0] ?? '');
  if (!isMocha) return name.replace(/:$/, '');
  return [name, ...body.slice(0, end + 1).map((line) => line.trim())].join(' › ').replace(/:$/, '');
}

/** Without the parts of the name, and without mocha's own difference where the message has one. */
function bareNumbered(body: string[]): string[] {
  const end = body.findIndex((line) => line.endsWith(':') && !line.startsWith('     Failure'));
  const isMocha = end >= 0 && body.slice(0, end + 1).every((line) => /^\s{5,}\S/.test(line));
  const rest = isMocha ? body.slice(end + 1) : body;
  const difference = rest.findIndex((line) => /^\s+\+ expected - actual$/.test(line));
  const stack = rest.findIndex((line) => /^\s+at /.test(line));
  const hasOwn = rest.slice(0, Math.max(0, difference)).filter((line) => line.trim() !== '').length > 1;
  if (difference < 0 || !hasOwn) return rest.filter((line) => !/^\s+Failure\/Error:/.test(line));
  return [...rest.slice(0, difference), ...(stack > difference ? rest.slice(stack) : [])];
}

/** Only headings of its own parts stand below it. */
function isParentInGo(lines: readonly string[], at: number): boolean {
  const [own, below] = [lines[at] ?? '', lines[at + 1] ?? ''];
  return /^\s*--- (?:FAIL|PASS|SKIP): /.test(below) && indentOf(below) > indentOf(own);
}

/** With -v the details stand above, below the line that says that the test runs. */
function belowInGo(lines: readonly string[], at: number): number {
  const next = lines[at + 1] ?? '';
  if (isParentInGo(lines, at)) return at + 1;
  return /^panic: /.test(next) ? until(/^FAIL\b|^exit status /)(lines, at) : indented(lines, at);
}

function bodyInGo(lines: readonly string[], at: number, end: number): string[] {
  if (end > at + 1) return lines.slice(at + 1, end);
  const name = GO_HEADING.exec(lines[at] ?? '')?.groups?.name ?? '';
  const start = lines.slice(0, at).lastIndexOf(`=== RUN   ${name}`);
  return start < 0 ? [] : lines.slice(start + 1, until(/^===|^\s*--- /)(lines, start));
}

function eachOf(pattern: RegExp, replacement = ''): (lines: string[]) => string[] {
  return (lines) => lines.flatMap((line) => (pattern.test(line) ? [line.replace(pattern, replacement)] : []));
}

/** pytest: what is behind E, and the places. */
function barePytest(body: string[]): string[] {
  const told = body
    .filter((line) => /^E {3}/.test(line))
    .map((line) => line.replace(/^E {3}(?: {4})?/, '').replace(/^ \+ {2}where/, '+ where'));
  return [...told, ...body.filter((line) => /^\S+\.py:\d+:(?: |$)/.test(line)).reverse()];
}

/** Python's own test runner: the message below the last frame, and the frames. */
export function barePython(body: string[]): string[] {
  const frames = body.filter((line) => /^\s+File "/.test(line));
  const last = body.findLastIndex((line) => /^\s+File "/.test(line));
  const message = body.slice(last + 1).filter((line, index) => index > 1 || !/^\s{4}/.test(line));
  return [...frames.reverse(), ...message.filter((line) => !/^\s+[~^]+\s*$|^\? /.test(line))];
}

export const TEST_SHAPES: readonly Shape[] = [
  // TAP, as node --test writes it where its output is no terminal
  {
    heading: /^\s*not ok\b ?\d*(?: -)? ?(?<name>.*?)(?: # time=\S+)?$/,
    below: (lines, at) =>
      (/^\s+---/.test(lines[at + 1] ?? '') ? until(/^\s+\.\.\.$/) : whilst(/^\s*# {2,}/))(lines, at),
    bare: bareTap,
    echo: isParentInTap,
    place: (_, __, body) => locationInTap(body),
    test: true,
  },
  // node --test on a terminal
  { heading: /^\s*✖ .* \([\d.]+m?s\) # /, below: indented, echo: () => true },
  {
    heading: /^\s*✖ (?<name>.*?)(?: \([\d.]+m?s\))?$/,
    below: indented,
    above: { pattern: /^test at (?<place>\S+)$/, within: 1 },
    echo: (lines, at, end) =>
      end === at + 1 &&
      lines.slice(Math.max(0, at - 200), at).some((line) => isStartOf(line, lines[at] ?? '')),
    test: true,
  },
  {
    heading: VITEST_HEADING,
    below: belowVitest,
    echo: isHeadOfFile,
    bare: (body) => body.filter((line) => !VITEST_HEADING.test(line)),
    test: true,
  },
  {
    heading: /^\s*[×✗✕] (?<name>.*?)(?: \d+m?s)?$/,
    below: whilst(/^\s+→ /),
    bare: eachOf(/^\s+→ /),
    test: true,
  },
  // jest; what a test printed stands below a heading of the same kind
  { heading: /^\s*● Console$/, below: indented, echo: () => true },
  {
    heading: /^\s*● (?<name>.*\S)$/,
    below: indented,
    name: ({ name = '' }) => name,
    above: { pattern: /^FAIL (?<place>\S+)/, within: 400 },
    test: true,
  },
  // mocha, rspec
  { heading: NUMBERED_HEADING, below: numberedBelow, name: numberedName, bare: bareNumbered, test: true },
  { heading: /^rspec (?<place>\S+) # (?<name>.*)$/, below: alone, test: true },
  // PHPUnit
  {
    heading: /^\d+\) (?<name>\S+::\S.*)$/,
    below: until(/^\d+\) |^--$|^(?:FAILURES|ERRORS|OK)\b/),
    test: true,
  },
  // Perl
  {
    heading: /^\s*# {3}Failed test (?:'(?<name>.*)'|(?<reason>.*))$/,
    below: whilst(/^\s*# {3,}(?!Failed test)/),
    bare: barePerl,
    test: true,
  },
  // pytest
  {
    heading: /^E {3,}\S/,
    below: until(/^_{3,} |^={3,} |^-{5,} Captured/),
    above: { pattern: /^_{3,} (?<name>\S.*?) _{3,}$/, within: 150, begins: true },
    bare: barePytest,
    test: true,
  },
  { heading: /^(?:FAILED|ERROR) (?<name>\S+::\S.*?)(?: - (?<reason>.*))?$/, below: alone, test: true },
  { heading: /^(?=\S*?::)(?<name>\S+) (?:FAILED|ERROR)\b/, below: alone, test: true },
  // unittest
  {
    heading: /^(?:FAIL|ERROR): (?<name>\w+) \((?<suite>[\w.]+)\)/,
    below: (lines, at) =>
      until(/^={20,}$|^-{20,}$/)(lines, at + (/^-{20,}$/.test(lines[at + 1] ?? '') ? 1 : 0)),
    name: ({ name = '', suite = '' }) => (suite.endsWith(`.${name}`) ? suite : `${suite}.${name}`),
    bare: barePython,
    test: true,
  },
  // go test
  {
    heading: GO_HEADING,
    below: belowInGo,
    echo: isParentInGo,
    body: bodyInGo,
    bare: bareGo,
    test: true,
  },
  {
    heading: /^\s+\S+_test\.go:\d+: /,
    below: alone,
    above: { pattern: /^=== RUN {3}/, within: 60, required: true },
    echo: () => true,
  },
  // Rust
  {
    heading:
      /^thread '(?<name>[^']*)'(?: \(\d+\))? panicked at (?:(?<place>\S+:\d+:\d+):?|'(?<reason>.*)', (?<at>\S+:\d+:\d+))$/,
    below: until(/^$|^note: |^stack backtrace:/),
    place: ({ place, at }) => place ?? at,
    name: ({ name = '' }) => (name === 'main' || name.startsWith('<') ? `thread '${name}' panicked` : name),
    test: ({ name = '' }) => name !== 'main' && !name.startsWith('<'),
  },
  { heading: /^test (?<name>\S.*) \.\.\. FAILED/, below: alone, test: true },
  // Maven, Gradle, CTest, GoogleTest, dotnet
  { heading: /^\[ERROR\] Tests run: /, below: alone, echo: () => true },
  {
    heading: /^\[ERROR\] (?<name>\S.*?)\s+(?:-- )?Time elapsed: .*<<< (?:FAILURE|ERROR)!/,
    below: until(/^$|^\[/),
    name: mavenName,
    test: true,
  },
  {
    heading: /^\[ERROR\] {3}(?<name>[\w$.]+)(?::(?<line>\d+))?(?:->\S+)? (?:» )?(?<reason>\S.*)$/,
    below: alone,
    place: () => undefined,
    test: true,
  },
  { heading: /^(?<name>\S+ > \S.*) FAILED$/, below: indented, bare: bareGradle, test: true },
  {
    heading: /^\[ {2}FAILED {2}\] (?<name>\w[\w/.]*)(?:,.*)? \(\d+ ms\)$/,
    below: alone,
    above: { pattern: /^\[ RUN {6}\] /, within: 60, begins: true },
    bare: bareGoogleTest,
    test: true,
  },
  { heading: /^\[ {2}FAILED {2}\] \d+ tests?, /, below: alone, echo: () => true },
  {
    heading: /^\[ {2}FAILED {2}\] (?<name>\w[\w/.]*)/,
    below: alone,
    test: true,
  },
  { heading: /^\s+Failed (?<name>\S+) \[/, below: indented, test: true },
];

/** `▶ prices`, which ends as `✖ prices (3ms)`: the suite of a failed test. */
function isStartOf(line: string, end: string): boolean {
  const name = /^\s*▶ (.*)$/.exec(line)?.[1];
  return name !== undefined && new Set([`✖ ${name}`, end.trim().replace(/ \([\d.]+m?s\)$/, '')]).size === 1;
}

/** Several tests that failed for one reason stand above it, one below the other. */
function belowVitest(lines: readonly string[], at: number): number {
  let last = at;
  while (VITEST_HEADING.test(lines[last + 1] ?? '')) last++;
  return until(/^⎯{3}|^\s*(?:❯\s+)?FAIL {1,2}\S|^ Test Files /)(lines, last);
}

/** jest's and go's line for a whole file or package: its tests stand below. */
function isHeadOfFile(lines: readonly string[], at: number): boolean {
  return / > | \[ /.test(lines[at] ?? '') === false;
}

/** What was printed above with -v, and below without. */
function bareGo(body: string[]): string[] {
  return body.flatMap((line) => {
    const [, place, text = ''] = /^\s*(\S+\.go:\d+): (.*)$/.exec(line) ?? [];
    if (place) return text.trim() === '' ? [place] : [place, text];
    if (/^\s*--- |^=== |^\S+\(.*\)$|^\tpanic: /.test(line)) return [];
    return /^\s*(?:goroutine \d|panic\(|testing\.|created by |\[signal )/.test(line) ? [] : [line];
  });
}

/** `appliesACode(CartTest)` as `CartTest.appliesACode`. */
function mavenName({ name = '' }: Groups): string {
  const [, method, suite] = /^(\w+)\(([\w.$]+)\)$/.exec(name) ?? [];
  return method ? `${suite}.${method}` : name;
}

/** `java.lang.AssertionError at CartTest.java:6` is a reason with its place. */
function bareGradle(body: string[]): string[] {
  return body.flatMap((line) => {
    const [, reason, place] = /^\s+(\S+) at (\S+:\d+)$/.exec(line) ?? [];
    return reason && place ? [reason, `    at ${place}`] : [line];
  });
}

/** `cart_test.cc:12: Failure`, and what follows. */
function bareGoogleTest(body: string[]): string[] {
  const place = body
    .map((line) => /^(\S+:\d+): Failure$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  const told = body.filter((line) => !/^\[|: Failure$/.test(line));
  return place ? [...told, `at ${place}`] : told;
}

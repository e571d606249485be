/** What has no stack and no code: package managers, shells, infrastructure; and whatever is left. */
import { alone, indented, indentOf, type Shape, until, whilst } from './shape.ts';

const NPM = /^npm (?:ERR!|error) ?/;
const NPM_NOISE =
  /^npm (?:ERR!|error) (?:A complete log|For a full report|errno |syscall |path |\/\S+-debug|\/\S+-report|To see a list|command sh -c|\s*npm run|Fix the upstream)|^npm (?:ERR!|error)\s*$/;

export const MESSAGE_SHAPES: readonly Shape[] = [
  {
    heading: /^npm (?:ERR!|error) (?<name>\S.*)$/,
    below: whilst(NPM),
    name: ({ name = '' }, body) => (/^code /.test(name) && body[0]?.replace(NPM, '')) || name,
    bare: (body) => body.filter((line) => !NPM_NOISE.test(line)).map((line) => line.replace(NPM, '')),
    echo: (lines, at) =>
      /^npm (?:ERR!|error) (?:code ELIFECYCLE|Lifecycle script|Test failed|command failed|workspace )/.test(
        lines[at] ?? '',
      ),
  },
  { heading: /\bELIFECYCLE\b|^error Command failed/, below: alone, echo: () => true },
  // pnpm, and others that draw causes as a tree
  {
    heading: /^Error: (?<name>[A-Z][\w:]*)$/,
    below: indented,
    bare: (body) => body.map((line) => line.replace(/^\s*(?:[×│├╰─▶]+\s+)?/, '')),
  },
  // Terraform, in a frame or without
  {
    heading: /^(?:│ )?Error: (?<name>.*)$/,
    fits: isTerraform,
    below: until(/^╵|^(?:│ )?(?:Error|Warning): /),
    bare: (body) => body.map((line) => line.replace(/^│ ?/, '').replace(/^(\s+)(\d+): /, '$1$2 | ')),
    code: true,
  },
  // docker build: the output of the step stands above, in rules
  {
    heading: /^ERROR: (?<name>failed to \w+: .*)$/,
    below: alone,
    above: { pattern: /^\s*> \[.*\] (?<step>.*):$/, within: 60, begins: true },
    place: (_, __, body) =>
      body.map((line) => /^(\S*[Dd]ockerfile\S*:\d+)$/.exec(line)?.[1]).find((place) => place !== undefined),
    bare: bareDocker,
  },
  { heading: /^#\d+ ERROR: /, below: alone, echo: () => true },
];

/** A shell says the line of its script. */
export const SHELL_SHAPES: readonly Shape[] = [
  {
    heading: /^(?<file>[\w./-]+): (?:line )?(?<line>\d+): (?<name>.*)$/,
    below: alone,
    place: ({ file, line }) => `${file}:${line}`,
  },
];

/** The last words of the step that failed. */
function bareDocker(body: string[]): string[] {
  const end = body.findIndex((line) => /^-{4,}$/.test(line));
  const step = body.slice(0, end < 0 ? body.length : end);
  return step.map((line) => line.replace(/^\d+\.\d+ /, '')).slice(-6);
}

function isTerraform(lines: readonly string[], at: number): boolean {
  return lines.slice(at + 1, at + 4).some((line) => /^(?:│ )?\s+(?:on \S+ line \d+|with )/.test(line));
}

/** Only of something else that stands above or below. */
export const ECHO =
  /^error: (?:could not compile|test failed, to rerun|aborting due to|\d+ target)|^(?:collect2|clang(?:\+\+)?): (?:fatal )?error: (?:ld returned|linker command failed)|^\[ERROR\] (?:Failed to execute goal|Failures:|Errors:|There are test failures|Please refer|COMPILATION ERROR|Tests run)|^\[ERROR\]\s+(?:symbol|location): |^(?:> Task )?:\S+ FAILED|^\* What went wrong|^FAIL\s+\S+\s+(?:\[build failed\]|[\d.]+s)$|^FAIL\s+\S+$|^ERROR: (?:process|executor failed)|\bRecipe .* failed|^error Command failed|^Failed in \d|^Tests? failed\b|^\s*Dubious, test returned|^Failed \d+\/\d+ subtests|Process completed with exit code/;

/** Whatever has no shape of its own: the line, and what is indented below it. */
export const ANY: Shape = {
  heading: /^\s*(?<name>\S.*)$/,
  below: (lines, at) => Math.min(indented(lines, at), at + 6, endOfPart(lines, at)),
};

function endOfPart(lines: readonly string[], at: number): number {
  const own = indentOf(lines[at] ?? '');
  return until(/^\s*$/)(lines, at) + (own < 0 ? 1 : 0);
}

/** Exceptions with the way that led to them: the message, and the first place in the user's own code. */
import { frameIn } from './places.ts';
import { alone, type Extent, indented, type Shape, until, whilst } from './shape.ts';
import { barePython } from './tests.ts';

const CHAINED = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const MESSAGE_LINES = 12;

/** All of a chain of exceptions: from the first traceback to the last message. */
const traceback: Extent = (lines, at) => {
  const whole = whilst(/^\s|^$|^Traceback/)(lines, at) + 1;
  const next = lines.slice(whole, whole + 6).findIndex((line) => CHAINED.test(line));
  const again =
    next < 0 ? -1 : lines.slice(whole + next, whole + next + 4).findIndex((line) => /^Traceback/.test(line));
  return again < 0 ? Math.min(whole, lines.length) : traceback(lines, whole + next + again);
};

/** Of a chain the last one, and what it came from in one line. */
function bareTraceback(body: string[]): string[] {
  const last = body.findLastIndex((line) => /^\s*Traceback/.test(line));
  const first = body
    .slice(0, Math.max(0, last))
    .filter((line) => /^[\w.]+(?:Error|Exception|Interrupt|Exit)\b/.test(line));
  const told = barePython(last < 0 ? body : body.slice(last + 1));
  return [...told, ...first.map((line) => `Caused by: ${line}`)];
}

/** A message of several lines, its stack, and what node prints of the error's fields. */
const javaScript: Extent = (lines, at) => {
  const frame = lines.slice(at + 1, at + 1 + MESSAGE_LINES).findIndex((line) => frameIn(line) !== undefined);
  if (frame < 0) return indented(lines, at);
  return whilst(/^\s+\S|^[}\]]|^Emitted /)(lines, at + 1 + frame);
};

/** Without the fields; with what caused it. */
function bareJavaScript(body: string[]): string[] {
  return body.filter(
    (line) =>
      !/^\s+(?:code|errno|syscall|address|port|generatedMessage|actual|expected|operator|requireStack): /.test(
        line,
      ),
  );
}

export const STACK_SHAPES: readonly Shape[] = [
  { heading: /^\s*Traceback \(most recent call last\):/, below: traceback, bare: bareTraceback },
  {
    heading: /^Exception in thread "(?<thread>[^"]*)" (?<name>.*)$/,
    below: whilst(/^\s+(?:at |\.\.\. )|^\s*Caused by: |^\s+Suppressed: /),
  },
  {
    heading: /^(?<name>(?:[\w$]+\.)+[A-Z][\w$]*(?:Error|Exception)(?:: .*)?)$/,
    below: whilst(/^\s+(?:at |\.\.\. )|^\s*Caused by: |^\s+Suppressed: /),
  },
  {
    heading:
      /^(?:PHP )?(?:Fatal error|Parse error): +(?:Uncaught )?(?<name>.*) in (?<place>\S+(?::\d+| on line \d+))$/,
    below: whilst(/^Stack trace:|^#\d|^\s+thrown in /),
    place: phpPlace,
  },
  { heading: /^(?<place>[^\s:]+:\d+):in [`'][^'`]*': (?<name>.*\))$/, below: whilst(/^\s+from /) },
  { heading: /^panic: (?<name>.*)$/, below: until(/^exit status |^FAIL\b/), bare: bareGoPanic },
  {
    heading: /^\s*(?:Uncaught |\[?Unhandled \w+: )?(?<name>[\w.$]*(?:Error|Exception)(?: \[\w+\])?: .*)$/,
    below: javaScript,
    bare: bareJavaScript,
    above: { pattern: /^(?<place>(?:file:\/\/)?\/\S+:\d+)$/, within: 5, begins: false },
  },
  { heading: /^(?:Segmentation fault|Aborted|Killed|Bus error|Floating point exception)\b/, below: alone },
];

/** `… in x.php:12` and `… in x.php on line 12` */
function phpPlace({ place }: Record<string, string | undefined>): string | undefined {
  return place?.replace(/ on line (\d+)$/, ':$1');
}

function bareGoPanic(body: string[]): string[] {
  return body.filter((line) => frameIn(line) !== undefined);
}

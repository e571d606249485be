import { commandFrame, doubt, type Frame, type Scan } from './scan.ts';

/** Over what begins with a quote, a backquote, a backslash or a `$` at `scan.at`; `quoted`: within double quotes. */
export function readQuoting(scan: Scan, quoted: boolean): void {
  const character = scan.text[scan.at];
  if (character === '\\') scan.at += 2;
  else if (character === '"') open(scan, { kind: 'double-quotes' }, 1);
  else if (character === '`') readBackquotes(scan);
  else if (character === '$') readDollar(scan, quoted);
  else skipTo(scan, scan.text.indexOf("'", scan.at + 1), 'a single quote is not closed');
}

type Within<Kind extends Frame['kind']> = Extract<Frame, { kind: Kind }>;

/** One step within quotes, an expansion or the body of a here-document. */
export function readWithin(scan: Scan, frame: Exclude<Frame, { word: number }>): void {
  if (frame.kind === 'here-document') readHereDocument(scan, frame);
  else if (!skipPlain(scan, frame.kind === 'double-quotes' ? PLAIN_IN_QUOTES : PLAIN_IN_EXPANSION)) return;
  else if (frame.kind === 'double-quotes') readInQuotes(scan);
  else if (frame.kind === 'parameter') readInParameter(scan, frame);
  else readInArithmetic(scan, frame);
}

const PLAIN_IN_QUOTES = /[^"\\`$]+/y;
const PLAIN_IN_EXPANSION = /[^"'\\`$()}]+/y;

/** Whether there is something after what has no meaning here. */
function skipPlain(scan: Scan, plain: RegExp): boolean {
  plain.lastIndex = scan.at;
  if (plain.test(scan.text)) scan.at = plain.lastIndex;
  return scan.at < scan.text.length;
}

function readInQuotes(scan: Scan): void {
  if (scan.text[scan.at] === '"') close(scan, 1);
  else readQuoting(scan, true);
}

function readInParameter(scan: Scan, { quoted }: Within<'parameter'>): void {
  const { text, at } = scan;
  const character = text[at] ?? '';
  if (character === '}') close(scan, 1);
  else if (character === "'" && quoted) doubt("a ' within a parameter in double quotes");
  else if ('()'.includes(character)) {
    if (/[<>]/.test(text[at - 1] ?? '')) doubt('a process substitution within a parameter');
    scan.at++;
  } else readQuoting(scan, quoted);
}

function readInArithmetic(scan: Scan, frame: Within<'arithmetic'>): void {
  const character = scan.text[scan.at];
  if (character === ')' && frame.depth === 0) {
    if (scan.text[scan.at + 1] !== ')') doubt('a (( without its ))');
    close(scan, 2);
  } else if (character === '(' || character === ')') {
    frame.depth += character === '(' ? 1 : -1;
    scan.at++;
  } else if (character === '}') scan.at++;
  else if (character === "'") doubt("a ' within arithmetic");
  else readQuoting(scan, false);
}

function readHereDocument(scan: Scan, frame: Within<'here-document'>): void {
  if (scan.at < frame.from) scan.at = frame.from;
  IN_HERE_DOCUMENT.lastIndex = scan.at;
  // Not beyond what has an expansion in it: the next one may be far, for each of many bodies.
  if (scan.at < frame.end && IN_HERE_DOCUMENT.test(scan.text))
    scan.at = Math.min(IN_HERE_DOCUMENT.lastIndex, frame.end);
  if (scan.at > frame.end) doubt('an expansion that goes on after its here-document');
  if (scan.at < frame.end) readQuoting(scan, true);
  else {
    scan.bodies--;
    close(scan, frame.resume - scan.at);
  }
}

const IN_HERE_DOCUMENT = /[^\\`$]+/y;

function readDollar(scan: Scan, quoted: boolean): void {
  const { text, at } = scan;
  const next = text[at + 1];
  if (next === '(' && text[at + 2] === '(') open(scan, { kind: 'arithmetic', depth: 0 }, 3);
  else if (next === '(') {
    scan.depth++;
    open(scan, commandFrame('substitution', 'substitution'), 2);
  } else if (next === '{') {
    if (/[\s|\\]/.test(text[at + 2] ?? '\n')) doubt('a ${ that is no parameter');
    open(scan, { kind: 'parameter', quoted }, 2);
  } else if (next === '[' || (next === '\\' && text[at + 2] === '\n')) doubt(`a $${next}`);
  else if (next === "'" && !quoted) readAnsiQuotes(scan);
  else scan.at += next === '$' ? 2 : 1;
}

function readAnsiQuotes(scan: Scan): void {
  let at = scan.at + 2;
  while (at < scan.text.length && scan.text[at] !== "'") at += scan.text[at] === '\\' ? 2 : 1;
  skipTo(scan, at < scan.text.length ? at : -1, "a $' is not closed");
}

/** What is within is read by the shell much later, with backslashes of its own: only whether a `&` may be in it counts. */
function readBackquotes(scan: Scan): void {
  const { text } = scan;
  let at = scan.at + 1;
  while (at < text.length && text[at] !== '`') at += text[at] === '\\' ? 2 : 1;
  const content = text.slice(scan.at + 1, at);
  if (content.replace(/(?<![\\&])&&(?!&)|(?<!\\)[<>|]&|(?<!\\)&>/g, '').includes('&'))
    doubt('a & within backquotes');
  skipTo(scan, at < text.length ? at : -1, 'a ` is not closed');
}

function skipTo(scan: Scan, last: number, otherwise: string): void {
  if (last === -1) doubt(otherwise);
  else scan.at = last + 1;
}

function open(scan: Scan, frame: Frame, length: number): void {
  scan.frames.push(frame);
  scan.at += length;
}

function close(scan: Scan, length: number): void {
  scan.frames.pop();
  scan.at += length;
}

import { canEnd, readNewline, readOperator, readProcessSubstitution } from './operators.ts';
import { readQuoting, readWithin } from './quoting.ts';
import { type Ampersand, Doubt, doubt, newScan, type Remark, type Scan, type WordFrame } from './scan.ts';
import { endCommandWord } from './words.ts';

/** What stands in a shell text, as far as the background is concerned. */
export interface Outline {
  /** why the reading ended before the text did; what was found until then is not the whole */
  doubt: string | undefined;
  /** why what was understood cannot be made one job */
  tangle: string | undefined;
  /** nothing but comments and here-documents follow the last `&` */
  idle: boolean;
  /** something of the text itself has ended before the first `&` */
  preceded: boolean;
  ampersands: Ampersand[];
  remarks: Remark[];
}

/**
 * Reads a text by the rules of bash's grammar, once, from left to right. It knows words, quotes, expansions, operators
 * and where lists begin and end; whatever else decides about a `&` is a doubt. Never throws.
 */
export function outline(text: string): Outline {
  const scan = newScan(text);
  try {
    read(scan);
    finish(scan);
  } catch (error) {
    if (!(error instanceof Doubt)) throw error;
    return { ...found(scan), doubt: error.message };
  }
  return found(scan);
}

function found({ tangle, idle, preceded, ampersands, remarks }: Scan): Outline {
  return { doubt: undefined, tangle, idle, preceded, ampersands, remarks };
}

function read(scan: Scan): void {
  for (let frame = scan.frames.at(-1); frame; frame = scan.frames.at(-1)) {
    if (scan.at >= scan.text.length && frame.kind !== 'here-document') return;
    if ('word' in frame) readWords(scan, frame);
    else readWithin(scan, frame);
  }
}

function finish(scan: Scan): void {
  const frame = scan.frames.at(-1);
  if (frame && 'word' in frame) endWord(scan, frame);
  const list = scan.frames.at(-1);
  if (list?.kind !== 'commands' || list.opener !== 'text') doubt('something is not closed');
  if (scan.announced.length > 0) doubt('a here-document without its end');
  const ended = canEnd(list) || (list.expect === 'command' && list.between && !list.bodyNext);
  if (!ended || scan.text.endsWith('\\')) doubt('the text ends within a command');
}

const PLAIN = /[^ \t\n\\'"`$&|;<>()#[\]]+/y;

function readWords(scan: Scan, frame: WordFrame): void {
  const { text } = scan;
  PLAIN.lastIndex = scan.at;
  if (PLAIN.test(text)) {
    beginWord(scan, frame);
    scan.at = PLAIN.lastIndex;
  }
  const character = text[scan.at];
  if (character === undefined) return;
  if (character === '\\' && text[scan.at + 1] === '\n') scan.at += 2;
  else if ('\\\'"`$'.includes(character)) {
    beginWord(scan, frame);
    readQuoting(scan, false);
  } else if ('#[]'.includes(character)) readBracketOrComment(scan, frame, character);
  else if (frame.word !== -1 && !belongsToWord(scan, frame, character)) endWord(scan, frame);
  else if (character === ' ' || character === '\t') scan.at++;
  else if (frame.subscript > 0) doubt('an operator within a subscript');
  else if (frame.kind === 'commands') readOperator(scan, frame);
  else if (frame.kind === 'test') readInTest(scan, character);
  else readInArray(scan, frame, character);
}

function beginWord(scan: Scan, frame: WordFrame): void {
  if (frame.word !== -1) return;
  frame.word = scan.at;
  if (scan.bodies === 0) scan.idle = false;
  if (frame.subscript === 0) frame.subscript = -1;
}

function endWord(scan: Scan, frame: WordFrame): void {
  if (frame.word === -1) return;
  if (frame.kind === 'commands') endCommandWord(scan, frame);
  else if (frame.kind === 'test' && scan.text.slice(frame.word, scan.at) === ']]') scan.frames.pop();
  frame.word = -1;
}

/** An operator that is read as a part of the word that it follows: the `(` of `name=(`, and what has a number before it. */
function belongsToWord(scan: Scan, frame: WordFrame, character: string): boolean {
  const { text, at } = scan;
  if (character === '(') return /[=?*+@!]/.test(text[at - 1] ?? '');
  if (!/[<>]/.test(character) || frame.kind !== 'commands') return false;
  if (text[at + 1] === '(') return true;
  const isDescriptor = /^(?:\d+|\{\w+\})$/.test(text.slice(frame.word, at));
  if (isDescriptor) frame.word = -1;
  return isDescriptor;
}

function readBracketOrComment(scan: Scan, frame: WordFrame, character: string): void {
  const { text, at } = scan;
  if (character === '#' && frame.word === -1) {
    if (frame.subscript > 0 || frame.kind === 'test') doubt('a # that may be a comment');
    const end = text.indexOf('\n', at);
    scan.at = end === -1 ? text.length : end;
    return;
  }
  beginWord(scan, frame);
  if (character === '[') {
    if (frame.subscript > 0) frame.subscript++;
    else if (frame.subscript === -1)
      frame.subscript = /^[A-Za-z_]\w*$/.test(text.slice(frame.word, at)) ? 1 : 0;
  } else if (character === ']' && frame.subscript > 0) frame.subscript--;
  scan.at++;
}

function readInArray(scan: Scan, frame: WordFrame, character: string): void {
  if (character === '\n') readNewline(scan);
  else if (character === ')') {
    scan.frames.pop();
    scan.at++;
  } else if (!readProcessSubstitution(scan, frame)) doubt(`a ${character} within an array`);
}

function readInTest(scan: Scan, character: string): void {
  const { text, at } = scan;
  if (character === '\n') readNewline(scan);
  else if (character === '&' && text[at + 1] === '&') scan.at += 2;
  else if (/[;&]/.test(character) || (/[<>]/.test(character) && text[at + 1] === '('))
    doubt(`a ${character} within [[ ]]`);
  else scan.at++;
}

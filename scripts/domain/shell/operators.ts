import { announceHereDocument, openHereDocuments } from './here-document.ts';
import { type CommandFrame, commandFrame, doubt, type Expect, type Scan } from './scan.ts';
import { closeCompound, openCompound } from './words.ts';

/** Whether a command, or what may end like one, stands before. */
export function canEnd({ expect }: CommandFrame): boolean {
  return ENDS.has(expect);
}

const ENDS = new Set<Expect>(['simple', 'named', 'arguments', 'closed']);

/** A metacharacter of a list of commands at `scan.at`, between words. */
export function readOperator(scan: Scan, frame: CommandFrame): void {
  const operator = operatorAt(scan.text, scan.at);
  const inPattern = frame.expect === 'pattern-start' || frame.expect === 'pattern';
  if (operator === '\n') {
    readNewline(scan, frame);
    return;
  }
  scan.idle = false;
  if (/^[<>]\($/.test(operator)) readProcessSubstitution(scan, frame);
  else if (inPattern) readInPattern(scan, frame, operator);
  else if (/[<>]/.test(operator)) readRedirection(scan, frame, operator);
  else if (operator === '(') readOpening(scan, frame);
  else if (operator === ')') readClosing(scan, frame);
  else if (frame.opener === 'case' && /^;;|^;&/.test(operator)) endClause(scan, frame, operator);
  else if (frame.expect === 'loop-in' && operator === ';') step(scan, frame, operator, 'command');
  else if (!canEnd(frame) || frame.bodyNext) doubt(`a ${operator} where a command should be`);
  else readSeparator(scan, frame, operator);
}

/** A newline, here or within `[[ ]]` or an array: the bodies of here-documents begin after it. */
export function readNewline(scan: Scan, frame?: CommandFrame): void {
  scan.at++;
  if (frame && canEnd(frame)) endWaitedList(scan, frame);
  else if (frame && !BEFORE_NEWLINE.has(frame.expect)) doubt('a newline within a command');
  openHereDocuments(scan);
}

const BEFORE_NEWLINE = new Set<Expect>(['command', 'loop-in', 'case-in', 'pattern-start']);

/** `<(…)` and `>(…)` are parts of words. */
export function readProcessSubstitution(scan: Scan, frame: { word: number }): boolean {
  if (!/^[<>]\($/.test(scan.text.slice(scan.at, scan.at + 2))) return false;
  if (frame.word === -1) frame.word = scan.at;
  scan.at += 2;
  scan.depth++;
  scan.frames.push(commandFrame('substitution', 'substitution'));
  return true;
}

const OPERATOR = /\n|<<<|<<-|<<|<&|<>|<\(|<|>>|>&|>\||>\(|>|&&|&>>|&>|&|\|\||\|&|\||;;&|;;|;&|;|\(|\)/y;

function operatorAt(text: string, at: number): string {
  OPERATOR.lastIndex = at;
  return OPERATOR.exec(text)?.[0] ?? '';
}

function step(scan: Scan, frame: CommandFrame, operator: string, expect: Expect): void {
  frame.expect = expect;
  scan.at += operator.length;
}

function endList(frame: CommandFrame, expect: Expect): void {
  frame.expect = expect;
  frame.between = true;
  frame.piped = false;
  frame.inner = false;
}

function endWaitedList(scan: Scan, frame: CommandFrame): void {
  if (frame.opener === 'text' && scan.ampersands.length === 0) scan.preceded = true;
  endList(frame, 'command');
}

function endClause(scan: Scan, frame: CommandFrame, operator: string): void {
  if (!(canEnd(frame) || frame.expect === 'command') || frame.bodyNext)
    doubt(`a ${operator} within a command`);
  endList(frame, 'pattern-start');
  scan.at += operator.length;
}

function readSeparator(scan: Scan, frame: CommandFrame, operator: string): void {
  if (operator === ';') endWaitedList(scan, frame);
  else if (operator === '&') readAmpersand(scan, frame);
  else if (operator.startsWith(';')) doubt(`a ${operator} outside case`);
  else {
    frame.piped = operator.length === 1 || operator === '|&';
    if (frame.piped && frame.inner) scan.tangle ??= 'something in the background of a part of a pipeline';
    frame.expect = 'command';
    frame.between = false;
  }
  scan.at += operator.length;
}

function readAmpersand(scan: Scan, frame: CommandFrame): void {
  if (scan.text.startsWith('\\\n', scan.at + 1)) doubt('a & that goes on in the next line');
  if (frame.inner) scan.tangle ??= 'something in the background of what is itself put there';
  scan.ampersands.push({ at: scan.at, level: frame.level });
  frame.started = true;
  scan.idle = true;
  endList(frame, 'command');
}

function readRedirection(scan: Scan, frame: CommandFrame, operator: string): void {
  if (!(canEnd(frame) || frame.expect === 'command') || frame.bodyNext)
    doubt(`a ${operator} where none should be`);
  const after = frame.expect === 'command' ? 'simple' : frame.expect === 'simple' ? 'simple' : 'arguments';
  scan.at += operator.length;
  if (operator === '<<' || operator === '<<-') {
    frame.expect = after;
    announceHereDocument(scan, operator === '<<-');
  } else {
    frame.expect = 'target';
    frame.afterTarget = after;
  }
}

function readInPattern(scan: Scan, frame: CommandFrame, operator: string): void {
  if (operator === '(' && frame.expect === 'pattern-start') step(scan, frame, operator, 'pattern');
  else if (operator === '|' && frame.expect === 'pattern') step(scan, frame, operator, 'pattern');
  else if (operator === ')' && frame.expect === 'pattern') step(scan, frame, operator, 'command');
  else doubt(`a ${operator} within a pattern`);
}

function readOpening(scan: Scan, frame: CommandFrame): void {
  const { text, at } = scan;
  if (text[at - 1] === '=' && frame.word !== -1) {
    scan.frames.push({ kind: 'array', word: -1, subscript: -1 });
    scan.at++;
  } else if (frame.word !== -1) doubt('a ( within a word');
  else if (frame.expect === 'named' || frame.bodyNext) readFunction(scan, frame);
  else if (text.startsWith('(', at + 1) && (frame.expect === 'command' || frame.expect === 'loop-name')) {
    frame.expect = 'closed';
    scan.frames.push({ kind: 'arithmetic', depth: 0 });
    scan.at += 2;
  } else if (frame.expect !== 'command' || text.startsWith('\\\n', at + 1)) doubt('a ( where none should be');
  else {
    openCompound(scan, frame, '(');
    scan.at++;
  }
}

/** The `()` of a function; without its `)` the body is a subshell, where a function is what comes next. */
function readFunction(scan: Scan, frame: CommandFrame): void {
  const empty = /\([ \t]*\)/y;
  empty.lastIndex = scan.at;
  if (empty.test(scan.text)) {
    frame.bodyNext = true;
    frame.expect = 'command';
    scan.at = empty.lastIndex;
  } else if (frame.bodyNext) {
    openCompound(scan, frame, '(');
    scan.at++;
  } else doubt('a ( after a word');
}

function readClosing(scan: Scan, frame: CommandFrame): void {
  const isSubstitution = frame.opener === 'substitution';
  if (!isSubstitution && frame.opener !== '(') doubt('a ) that ends nothing');
  if (!canEnd(frame) && frame.expect !== 'command') doubt('a ) within a command');
  if (isSubstitution && scan.announced.some(({ depth }) => depth === scan.depth))
    doubt('a here-document across the end of a substitution');
  if (isSubstitution) scan.depth--;
  closeCompound(scan, frame);
  scan.at++;
}

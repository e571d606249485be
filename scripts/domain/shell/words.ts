import { type CommandFrame, commandFrame, doubt, type Expect, type Level, type Scan } from './scan.ts';

/** A word of a list of commands has ended at `scan.at`. */
export function endCommandWord(scan: Scan, frame: CommandFrame): void {
  const { expect } = frame;
  if (expect === 'arguments' || expect === 'pattern') return;
  const word = scan.text.slice(frame.word, scan.at).replaceAll('\\\n', '');
  if ((expect === 'command' || expect === 'closed') && readReserved(scan, frame, word)) return;
  if (expect === 'command' || expect === 'simple') readCommandName(scan, frame, word);
  else if (expect === 'loop-in' && word === 'do') frame.expect = 'command';
  else if (expect === 'loop-in' && word === '{') doubt('a loop with braces');
  else if (expect === 'case-in' || expect === 'loop-in') {
    if (word !== 'in') doubt('a case or for without its in');
    frame.expect = expect === 'case-in' ? 'pattern-start' : 'arguments';
  } else if (expect === 'pattern-start' && word === 'esac') closeCompound(scan, frame);
  else frame.expect = expect === 'target' ? frame.afterTarget : AFTER_WORD[expect];
  if (expect === 'function-name') frame.bodyNext = true;
}

const AFTER_WORD: Record<Exclude<Expect, 'target'>, Expect> = {
  command: 'named',
  simple: 'arguments',
  named: 'arguments',
  arguments: 'arguments',
  closed: 'arguments',
  'function-name': 'command',
  'loop-name': 'loop-in',
  'loop-in': 'arguments',
  'case-word': 'case-in',
  'case-in': 'pattern-start',
  'pattern-start': 'pattern',
  pattern: 'pattern',
};

/** Opens the list of a compound command that begins here. */
export function openCompound(
  scan: Scan,
  frame: CommandFrame,
  opener: CommandFrame['opener'],
  expect: Expect = 'command',
): void {
  const level = levelWithin(frame, opener);
  frame.expect = 'closed';
  frame.bodyNext = false;
  scan.frames.push(commandFrame(opener, level, expect));
}

/** Back to the list that the compound command stands in. */
export function closeCompound(scan: Scan, frame: CommandFrame): void {
  scan.frames.pop();
  const around = scan.frames.at(-1);
  if (around?.kind === 'commands' && (frame.inner || frame.started)) around.inner = true;
}

function levelWithin(frame: CommandFrame, opener: CommandFrame['opener']): Level {
  if (frame.level === 'substitution' || frame.level === 'function') return frame.level;
  if (frame.bodyNext) return 'function';
  return opener === '(' || frame.piped || frame.level === 'subshell' ? 'subshell' : 'compound';
}

const STAYS = new Set(['then', 'else', 'elif', 'do', '!', 'time']);
const OPENERS: Record<string, [CommandFrame['opener'], Expect]> = {
  '{': ['{', 'command'],
  if: ['if', 'command'],
  while: ['loop', 'command'],
  until: ['loop', 'command'],
  for: ['loop', 'loop-name'],
  select: ['loop', 'loop-name'],
  case: ['case', 'case-word'],
};
const CLOSERS: Record<string, CommandFrame['opener']> = { '}': '{', fi: 'if', done: 'loop', esac: 'case' };

function readReserved(scan: Scan, frame: CommandFrame, word: string): boolean {
  const opens = Object.hasOwn(OPENERS, word) ? OPENERS[word] : undefined;
  const closes = Object.hasOwn(CLOSERS, word) ? CLOSERS[word] : undefined;
  if (opens) openCompound(scan, frame, ...opens);
  else if (closes !== undefined) {
    if (frame.opener !== closes) doubt(`a ${word} that ends nothing`);
    else closeCompound(scan, frame);
  } else if (STAYS.has(word)) frame.expect = 'command';
  else if (word === '[[') {
    frame.expect = 'closed';
    frame.bodyNext = false;
    scan.frames.push({ kind: 'test', word: -1, subscript: -1 });
  } else if (word === 'function') frame.expect = 'function-name';
  else if (word === 'coproc') doubt('a coproc');
  else return false;
  return true;
}

const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

function readCommandName(scan: Scan, frame: CommandFrame, word: string): void {
  if (frame.bodyNext) doubt('a function without a compound command');
  if (ASSIGNMENT.test(word)) {
    frame.expect = 'simple';
    return;
  }
  frame.expect = AFTER_WORD[frame.expect as 'command' | 'simple'];
  if (REMARKABLE.has(word)) scan.remarks.push({ name: word, at: frame.word, level: frame.level });
}

/** Commands that bear on what was started in the background, or on whether the shell sees its end. */
const REMARKABLE = new Set('wait fg bg disown kill pkill killall trap exec'.split(' '));

/** Where a command runs, seen from the shell that was given the text. */
export type Level = 'list' | 'compound' | 'subshell' | 'function' | 'substitution';

/** What the next word of a list of commands would be. */
export type Expect =
  /** a command's first word; reserved words mean what they say */
  | 'command'
  /** the same after an assignment or a redirection: no reserved words */
  | 'simple'
  /** right after a command's first word: `()` would make it a function's name */
  | 'named'
  | 'arguments'
  /** after a compound command */
  | 'closed'
  | 'target'
  | 'function-name'
  | 'loop-name'
  | 'loop-in'
  | 'case-word'
  | 'case-in'
  | 'pattern-start'
  | 'pattern';

interface WordReading {
  /** where the word that is being read begins, -1 between words */
  word: number;
  /** how many `[` of a subscript (`name[…`) are open; -1 where the word has none yet */
  subscript: number;
}

/** A list of commands: the text itself, or what is within a compound command, a function or a substitution. */
export interface CommandFrame extends WordReading {
  kind: 'commands';
  opener: 'text' | '(' | '{' | 'if' | 'loop' | 'case' | 'substitution';
  level: Level;
  expect: Expect;
  /** what is expected after a redirection's target */
  afterTarget: Expect;
  /** no `&&`, `||` or `|` stands before that wants a command yet */
  between: boolean;
  /** a `|` stands before, in the same pipeline */
  piped: boolean;
  /** a compound command of this and-or list has started something in the background */
  inner: boolean;
  /** something was put into the background in this list itself */
  started: boolean;
  /** the next compound command is the body of a function */
  bodyNext: boolean;
}

export type Frame =
  | CommandFrame
  | (WordReading & { kind: 'array' | 'test' })
  | { kind: 'double-quotes' }
  | { kind: 'parameter'; quoted: boolean }
  | { kind: 'arithmetic'; depth: number }
  | { kind: 'here-document'; from: number; end: number; resume: number };

/** A frame whose text is made of words. */
export type WordFrame = Extract<Frame, { word: number }>;

export interface HereDocument {
  delimiter: string;
  /** no expansions within */
  literal: boolean;
  /** leading tabs are taken off */
  dash: boolean;
  /** the depth of substitutions it was announced in */
  depth: number;
}

/** A `&` that puts what stands before it into the background. */
export interface Ampersand {
  at: number;
  level: Level;
}

/** A command that bears on what was started: `wait`, `exit`, `disown` … */
export interface Remark {
  name: string;
  at: number;
  level: Level;
}

/** The state of one reading, from left to right. */
export interface Scan {
  readonly text: string;
  at: number;
  readonly frames: Frame[];
  readonly ampersands: Ampersand[];
  readonly remarks: Remark[];
  /** no word and no operator since the last `&` */
  idle: boolean;
  /** something of the text itself has ended before the first `&`: its caller waits for that */
  preceded: boolean;
  /** announced, their bodies begin after the next newline */
  announced: HereDocument[];
  /** how many bodies of here-documents are to be read or are being read */
  bodies: number;
  /** how many substitutions are open */
  depth: number;
  /** why what was understood cannot be made one job */
  tangle: string | undefined;
}

export function newScan(text: string): Scan {
  return {
    text,
    at: 0,
    frames: [commandFrame('text', 'list')],
    ampersands: [],
    remarks: [],
    idle: false,
    preceded: false,
    announced: [],
    bodies: 0,
    depth: 0,
    tangle: undefined,
  };
}

export function commandFrame(
  opener: CommandFrame['opener'],
  level: Level,
  expect: Expect = 'command',
): CommandFrame {
  return {
    kind: 'commands',
    opener,
    level,
    expect,
    afterTarget: 'command',
    word: -1,
    subscript: -1,
    between: true,
    piped: false,
    inner: false,
    started: false,
    bodyNext: false,
  };
}

/** Thrown and caught within the lexer: what follows cannot be told. */
export class Doubt extends Error {}

export function doubt(why: string): never {
  throw new Doubt(why);
}

import type { Outline } from './lexer.ts';
import type { Level } from './scan.ts';

/** A shell text with the background taken away: run as one job, it ends when all that it started has ended. */
export interface Promotion {
  /** what the shell is to run instead, with `bash -c` (or `sh -c`) */
  text: string;
  /** the same for people: the text as it came, without a & at its end where it had just that */
  shown: string;
  /** how many things it puts into the background */
  parts: number;
  /** something else follows them that the caller would have waited for */
  foreground: boolean;
  /** a sentence: what is run, when it ends, with which status */
  meaning: string;
  /** in `text`, where what the caller would have waited for has ended, its status in `ccj_status`; set by promoteInTurn */
  waitedUntil?: number;
}

/** A reason where the text, though it starts something in the background, is not one job. */
export function promote(text: string, found: Outline): Promotion | string {
  const { ampersands, remarks } = found;
  const [first] = ampersands;
  const last = ampersands.at(-1);
  if (!first || !last) return 'nothing goes to the background';
  if (/\0/.test(text)) return 'a NUL';
  if (text.startsWith('\r', last.at + 1)) return 'a carriage return after a &';
  const after = remarks.find(({ name, at }) => at > first.at && SELF_MADE.has(name));
  if (after) return `it looks after what it started by itself (${after.name})`;
  if (/\bsetsid(?:[ \t]+-[-\w]+)*?[ \t]+(?:-[a-z]*f|--fork)\b/.test(text))
    return 'setsid --fork detaches by itself';
  if (ampersands.length === 1 && !text.includes('setsid')) {
    const stripped = strip(text, found);
    if (stripped !== undefined) return stripped;
  }
  return found.tangle ?? collect(text, found);
}

/**
 * The same for a caller that goes on when what is not in the background has ended: the text tells where that is, if
 * there is anything to wait for.
 */
export function promoteInTurn(text: string, found: Outline): Promotion | string {
  const promotion = promote(text, found);
  if (typeof promotion === 'string' || nothingToWaitFor(text, found)) return promotion;
  const whole = found.tangle ?? collect(text, found);
  if (typeof whole === 'string') return whole;
  return { ...whole, waitedUntil: PROLOGUE.indexOf(STATUS_KNOWN) + STATUS_KNOWN.length };
}

/** One and-or list with its `&`; or one subshell, whose own order is its business. */
function nothingToWaitFor(text: string, { ampersands, idle, preceded }: Outline): boolean {
  const [only] = ampersands;
  if (!only || ampersands.length > 1 || preceded) return false;
  if (only.level === 'list') return idle || onlyDisowned(text, only.at + 1);
  return only.level === 'subshell' && /^[ \t\n]*\(/.test(text) && consistsOf(text, only.at + 1, ENDS_ONCE);
}

const SELF_MADE = new Set(['wait', 'fg', 'bg', 'kill', 'pkill', 'killall', 'trap']);
/** Only the ends of what stands around a `&`; where nothing else is repeated by them. */
const ENDS_ONCE = /[ \t\n]+|[)};]|fi(?![^\s);}])|#[^\n]*/y;
const ENDS = /[ \t\n]+|[)};]|(?:fi|done|esac)(?![^\s);}])|#[^\n]*/y;
const TRIVIA = /[ \t\n]+|;|#[^\n]*/y;
const DISOWN = /[ \t\n]*disown(?:[ \t]+(?:-[ahr]+|%[%+-]|%?\d+|"?\$!"?))*(?![^\s;])/y;

/** Whether from `from` on there is nothing but that: one match after the other, since a long one alone would recurse. */
function consistsOf(text: string, from: number, piece: RegExp): boolean {
  piece.lastIndex = from;
  while (piece.lastIndex < text.length && piece.test(text));
  const whole = piece.lastIndex === text.length;
  piece.lastIndex = 0;
  return whole || from === text.length;
}

function onlyDisowned(text: string, from: number): boolean {
  DISOWN.lastIndex = from;
  return DISOWN.test(text) && consistsOf(text, DISOWN.lastIndex, TRIVIA);
}

/** One command whose & ends the text: the & goes. */
function strip(text: string, { ampersands: [only], idle }: Outline): Promotion | undefined {
  if (!only) return undefined;
  const before = text.slice(0, only.at);
  const tail = text.slice(only.at + 1);
  const meaning = 'one command without its &: the job ends when it does, with its status';
  const promotion = { shown: text.trim(), parts: 1, foreground: false, meaning };
  if (only.level === 'list' && idle) {
    // A comment right behind the & must not become a part of the word before it.
    const rest = tail.startsWith('#') ? `${before} ${tail}` : before + tail;
    return { ...promotion, text: rest, shown: rest.trim() };
  }
  if (only.level === 'list' && onlyDisowned(text, only.at + 1))
    return { ...promotion, text: before, shown: before.trim() };
  const inside = only.level === 'compound' || only.level === 'subshell';
  return inside && consistsOf(text, only.at + 1, ENDS_ONCE)
    ? { ...promotion, text: `${before};${tail}` }
    : undefined;
}

/** Levels that are a shell of their own. */
const APART = new Set<Level>(['subshell', 'substitution']);

/**
 * Told of each part as it starts, the shell waits for all of them at its own end, be that the text's last line, an
 * `exit` or `set -e`. What it is to do then is kept as code, since IFS may have been changed; zsh splits nothing anyway.
 */
const STATUS_KNOWN = 'ccj_status=$?';
const PROLOGUE = `ccj_parts= ccj_failed=
ccj_part() { ccj_parts="$ccj_parts wait $1 || ccj_failed=\\\${ccj_failed:-\\$?};"; }
ccj_end() { ${STATUS_KNOWN}; trap - EXIT; eval "$ccj_parts"; exit "\${ccj_failed:-$ccj_status}"; }
trap ccj_end EXIT
`;

/** Several, or something after them: all run as they would, and the shell waits for each. */
function collect(text: string, { ampersands, remarks, idle }: Outline): Promotion | string {
  if (ampersands.some(({ level }) => level !== 'list' && level !== 'compound'))
    return 'something in the background of a subshell, function or substitution';
  const own = remarks.find(({ name, level }) => (name === 'exec' || name === 'trap') && !APART.has(level));
  if (own) return `its shell would not see the end of all (${own.name})`;
  if (remarks.some(({ name, level }) => name === 'disown' && level !== 'list' && level !== 'compound'))
    return 'a disown elsewhere than what it is for';
  const insertions = [
    ...ampersands.map(({ at }) => ({ at: at + 1, skip: 0, text: ' ccj_part "$!"; ' })),
    ...remarks.filter(({ name }) => name === 'disown').map(({ at }) => ({ at, skip: 6, text: ':' })),
  ].sort((one, other) => one.at - other.at);
  let body = '';
  let from = 0;
  for (const insertion of insertions) {
    body += text.slice(from, insertion.at) + insertion.text;
    from = insertion.at + insertion.skip;
  }
  const rest = (ampersands.at(-1)?.at ?? 0) + 1;
  const foreground = !idle && !onlyDisowned(text, rest) && !consistsOf(text, rest, ENDS);
  return {
    text: PROLOGUE + body + text.slice(from),
    shown: text.trim(),
    parts: ampersands.length,
    foreground,
    meaning: `${foreground ? 'what is in the background, and what follows it,' : 'all of it'} side by side: the job ends when all have ended, with the status of the first that failed in the order of their start`,
  };
}

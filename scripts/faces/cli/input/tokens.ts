import { CompanionError } from '../../../domain/base/errors.ts';
import { quoted } from '../../../domain/shell/quote.ts';

export interface Token {
  value: string;
  /** an option or `--` in quotes is a plain word */
  quoted: boolean;
}

/** Arguments one by one, with a way back to their bytes. */
export interface TokenSource {
  peek(): Token | undefined;
  take(): string;
  /** all from here on as prose */
  rest(): string;
  restAsWords(): string[];
  /** all from here on as the arguments of a program */
  restAsArguments(): string[];
  /** all from here on, where they came as words of their own; undefined for a text in one piece */
  severalWords(): string[] | undefined;
}

/** Arguments as a shell passed them. Prose that came as several is joined by single spaces. */
export function tokensOf(args: string[]): TokenSource {
  let at = 0;
  const rest = () => args.slice(at);
  return {
    peek: () => {
      const value = args[at];
      return value === undefined ? undefined : { value, quoted: false };
    },
    take: () => args[at++] ?? '',
    rest: () => rest().join(' '),
    restAsWords: rest,
    restAsArguments: rest,
    severalWords: rest,
  };
}

/**
 * All arguments in one text. Options and words are separated by white space; quotes hold a word with spaces together
 * (`--cwd "a b"`), and nothing else has a meaning.
 */
export function tokensOfText(text: string): TokenSource {
  let at = 0;
  let last: string | undefined;
  const wordStart = () => at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
  const next = () => {
    const start = wordStart();
    return start === text.length ? undefined : wordAt(text, start);
  };
  const take = () => {
    const word = next();
    at = word?.end ?? text.length;
    last = word?.value;
    return last ?? '';
  };
  const restAsWords = () => {
    const words: string[] = [];
    while (next()) words.push(take());
    return words;
  };
  return {
    peek: next,
    take,
    rest: () => {
      if (last === undefined) return text;
      // After `--` one separator is no prose; after an option all white space is none.
      return text.slice(last === '--' ? at + 1 : wordStart());
    },
    restAsWords,
    restAsArguments: () => {
      throw new CompanionError('usage', 'A command in one piece has no arguments of its own.', {
        hint: `codex-companion run --shell ${quoted(text.slice(wordStart()).trim())}`,
      });
    },
    severalWords: () => undefined,
  };
}

/** The word that begins at `start`, and where it ends. */
function wordAt(text: string, start: number): Token & { end: number } {
  const name = /^--[A-Za-z-]+=/.exec(text.slice(start))?.[0] ?? '';
  const from = start + name.length;
  const quote = text[from];
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, from + 1);
    const whole = close !== -1 && /^(?:\s|$)/.test(text.slice(close + 1, close + 2));
    if (whole) return { value: name + text.slice(from + 1, close), quoted: name === '', end: close + 1 };
  }
  const length = /^\S*/.exec(text.slice(start))?.[0].length ?? 0;
  return { value: text.slice(start, start + length), quoted: false, end: start + length };
}

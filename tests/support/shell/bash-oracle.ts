import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What bash's own parser says of a text: where the `&` stand that put something into the background, or `invalid`.
 * A `&` within backquotes or the body of a here-document is not among them: bash reads those when it runs them.
 */
export type Verdict = 'invalid' | number[];

/** `bash --pretty-print` (5.0 and later) parses a file and prints it in its own form; it runs nothing of it. */
export const hasOracle = pretty('a &  b').valid;

/**
 * Asked by mutation: after each `&`, and in a second reading before it, a command with a mark and with tabs is put in.
 * Where the `&` is an operator, bash reads that command and prints it with single spaces; where it is text of any kind,
 * the tabs come back as they were; where it is a part of another operator, the mark is a part of something else or the
 * text has no meaning any more. Only a `&` that both readings show is one.
 */
export function bashSays(texts: string[]): Verdict[] {
  const valid = readTogether(texts.map((text) => (text.includes('\0') ? UNREADABLE : text)));
  const verdicts: Verdict[] = valid.map((printed) => (printed === undefined ? 'invalid' : []));
  const candidates = texts.map((text, index) => (valid[index] === undefined ? [] : candidatesOf(text)));
  const readings = BOTH.map(({ mutate, marks }) => {
    const together = readTogether(texts.map((text, index) => mutate(text, candidates[index] ?? [])));
    return texts.map((text, index) => {
      const printed = together[index];
      if (valid[index] === undefined) return new Set<number>();
      if (printed !== undefined) return marks(printed);
      const alone = (candidates[index] ?? []).map((at) => pretty(mutate(text, [at])));
      return new Set(alone.flatMap((one) => (one.valid ? [...marks(one.printed)] : [])));
    });
  });
  return verdicts.map((verdict, index) =>
    verdict === 'invalid'
      ? verdict
      : (candidates[index] ?? []).filter((at) => readings.every((reading) => reading[index]?.has(at))),
  );
}

/** Each text in bash's own form; undefined for one that it does not take. */
export function bashPrints(texts: string[]): (string | undefined)[] {
  return readTogether(texts);
}

/** bash passes over a NUL, which no argument can have: such a text is none. */
const UNREADABLE = '(';

/** Every `&` but those that can only be a part of `&&`, `|&`, `;&`, `<&`, `>&`, `&>` (bash takes the longest operator). */
function candidatesOf(text: string): number[] {
  return [...text.matchAll(/&/g)]
    .map(({ index }) => index)
    .filter((at) => !'&>'.includes(text[at + 1] ?? ' '))
    .filter((at) => !'&|;<>'.includes(text[at - 1] ?? ' ') || text[at - 2] === '\\');
}

interface Reading {
  mutate(text: string, at: number[]): string;
  /** the positions whose mark bash printed as a command's */
  marks(printed: string): Set<number>;
}

const BOTH: Reading[] = [
  {
    mutate: (text, at) => spliced(text, at, (one) => `&\t\tm${one}m\t; `),
    // Where the body of a here-document is printed behind the `&`, the mark is on a line of its own.
    marks: (printed) => found(printed, /(?:(?<=^|\s)&(?!\t\tm)\s+|^ +)m(\d+)m/gm),
  },
  {
    mutate: (text, at) => spliced(text, at, (one) => `;\t\tm${one}m\t&`),
    marks: (printed) => found(printed, /m(\d+)m(?!\t&)\s+&(?![&>])/gm),
  },
];

function found(printed: string, pattern: RegExp): Set<number> {
  return new Set([...printed.matchAll(pattern)].map(([, at]) => Number(at)));
}

function spliced(text: string, at: number[], put: (at: number) => string): string {
  let result = '';
  let from = 0;
  for (const one of at) {
    result += text.slice(from, one) + put(one);
    from = one + 1;
  }
  return result + text.slice(from);
}

/**
 * How bash prints each of the texts; undefined for one that it does not take. Many are read as one file, with a line
 * between them that comes back at the left and without its tabs only where it is a command by itself: the text behind
 * which it does not is refused, and the rest is read anew.
 */
function readTogether(texts: string[]): (string | undefined)[] {
  const printed: (string | undefined)[] = [];
  while (printed.length < texts.length) {
    const chunk = texts.slice(printed.length, printed.length + 200);
    const file = chunk.map((text, index) => `${text}\n:\t\t---${index}---\n`).join('');
    const parts = pretty(file).printed.split(/^: ---(\d+)---$/m);
    const taken = chunk.findIndex((_, index) => parts[index * 2 + 1] !== String(index));
    const count = taken === -1 ? chunk.length : taken;
    for (let index = 0; index < count; index++) printed.push(parts[index * 2]);
    if (count < chunk.length) printed.push(undefined);
  }
  return printed;
}

function pretty(text: string): { valid: boolean; printed: string } {
  const directory = mkdtempSync(join(tmpdir(), 'bash-oracle-'));
  try {
    const file = join(directory, 'text');
    writeFileSync(file, text);
    const { status, stdout } = spawnSync('bash', ['--norc', '--noprofile', '--pretty-print', file], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
      maxBuffer: 1 << 28,
    });
    return { valid: status === 0, printed: stdout ?? '' };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

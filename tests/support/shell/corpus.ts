import { readFileSync } from 'node:fs';

/**
 * Commands written for this corpus, in the shapes that scripts, READMEs, package files and agents use: `starting.txt`
 * puts something into the background in each line, `not-starting.txt` in none, though each has a `&`;
 * `several-lines.txt` has both, with `%%` between them.
 */
export const starting = lines('starting.txt');
export const notStarting = lines('not-starting.txt');
export const severalLines = records('several-lines.txt');

/** What stands around a command in a script, with `@` in its place. */
const CONTEXTS = records('contexts.txt');

/** Every command by itself, and in the contexts: `many` of those, the same ones each time. */
export function corpus(many: number): string[] {
  const alone = [...starting, ...notStarting, ...severalLines];
  const within = alone.flatMap((command) =>
    CONTEXTS.map((context) => context.replaceAll('@', () => command)),
  );
  const next = randomNumbers(1);
  return [...new Set([...alone, ...Array.from({ length: many }, () => pick(next, within))])];
}

/** Commands with a few characters taken away, doubled, moved or put in. */
export function mutations(many: number, seed: number): string[] {
  const next = randomNumbers(seed);
  const alone = [...starting, ...notStarting, ...severalLines];
  return Array.from({ length: many }, () => {
    let text = pick(next, alone);
    for (let times = 1 + next(3); times > 0; times--) {
      const at = next(text.length + 1);
      const to = at + next(3);
      const put = [
        pick(next, TOKENS),
        text.slice(at, to).repeat(2),
        '',
        text.slice(to, to + 1) + text.slice(at, to),
      ];
      text = text.slice(0, at) + pick(next, put) + text.slice(to);
    }
    return text;
  });
}

/** Words, operators and quotes of the shell in no order. */
export function tokenSoups(many: number, seed: number): string[] {
  const next = randomNumbers(seed);
  return Array.from({ length: many }, () =>
    Array.from({ length: 1 + next(14) }, () => pick(next, TOKENS) + pick(next, [' ', ' ', '', '\n'])).join(
      '',
    ),
  );
}

export function randomTexts(many: number, seed: number): string[] {
  const next = randomNumbers(seed);
  return Array.from({ length: many }, () =>
    Array.from({ length: next(60) }, () =>
      String.fromCharCode(next(8) === 0 ? next(0x10000) : next(128)),
    ).join(''),
  );
}

/** One a line; white space as its picture. */
const TOKENS = lines('tokens.txt').map((token) =>
  token.replaceAll('⏎', '\n').replaceAll('␉', '\t').replaceAll('␍', '\r').replaceAll('␠', ' '),
);

function lines(name: string): string[] {
  return read(name).split('\n');
}

function records(name: string): string[] {
  return read(name).split('\n%%\n');
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8').slice(0, -1);
}

function pick<Item>(next: (below: number) => number, items: readonly Item[]): Item {
  const item = items[next(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** The same numbers for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

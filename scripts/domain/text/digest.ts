import { clip } from './clip.ts';
import type { NotableKind } from './notable-line.ts';

/** A part of a log, readable. `offset` and `end` count bytes of the log: `logs ID --since OFFSET` opens it there. */
export interface Excerpt {
  offset: number;
  end: number;
  text: string;
}

/** A line that matters (and the one that explains it, below it), where it first stood. */
export interface NotableLine {
  offset: number;
  kind: NotableKind;
  text: string;
  /** how often it came, differing in numbers at most */
  times: number;
}

/** What there is to know of a log, in few characters. */
export interface Digest {
  /** of the whole log */
  bytes: number;
  /** null where not all of it was looked at */
  lines: number | null;
  /** its beginning; all of it where `tail` is null */
  head: Excerpt;
  tail: Excerpt | null;
  /** by offset */
  notable: NotableLine[];
  /** how many lines that matter there were, chosen or not */
  notableFound: number;
  /** the parts of the log, in bytes, that were searched for lines that matter */
  scanned: { from: number; to: number }[];
}

/** Of the budget, what the lines that matter may take at most, and what the head gets of the rest. */
const NOTABLE_SHARE = 0.45;
const HEAD_SHARE = 1 / 3;
/** A line that matters is cut to this, and costs this much beyond its text. */
const NOTABLE_CHARACTERS = 300;
const NOTABLE_COST = 24;

/** Characters for the lines that matter; and for head and tail, when those have taken theirs. */
export function shares(budget: number): {
  notable: number;
  excerpts: (used: number) => { head: number; whole: number };
} {
  return {
    notable: Math.floor(budget * NOTABLE_SHARE),
    excerpts: (used) => {
      const whole = Math.max(0, budget - used);
      return { head: Math.floor(whole * HEAD_SHARE), whole };
    },
  };
}

const FIRST = 400;
const LATEST = 200;
/** Two tests may fail with the same words: so many places of one line are known. */
const PLACES = 8;
/** The rarest and most telling first. */
const KINDS: NotableKind[] = ['crash', 'compiler-error', 'exception', 'failed-test', 'summary', 'error'];

/** Takes all lines that matter, keeps the first and the latest of them in bounded memory, and chooses among these. */
export class NotableLines {
  readonly #first = new Map<string, NotableLine>();
  readonly #latest = new Map<string, NotableLine>();
  readonly #again = new Map<NotableLine, number[]>();
  found = 0;

  add(offset: number, kind: NotableKind, text: string): NotableLine {
    this.found++;
    const shown = clip(text.trim(), NOTABLE_CHARACTERS);
    const key = `${kind} ${kind === 'error' || kind === 'exception' ? shown.replace(/\d+/g, '#') : shown}`;
    const known = this.#first.get(key) ?? this.#latest.get(key);
    if (known) {
      known.times++;
      if (known.times <= PLACES) this.#again.set(known, [...(this.#again.get(known) ?? []), offset]);
      return known;
    }
    const line: NotableLine = { offset, kind, text: shown, times: 1 };
    if (this.#first.size < FIRST) this.#first.set(key, line);
    else {
      this.#latest.set(key, line);
      const [oldest] = this.#latest.keys();
      if (this.#latest.size > LATEST && oldest !== undefined) {
        this.#again.delete(this.#latest.get(oldest) ?? line);
        this.#latest.delete(oldest);
      }
    }
    return line;
  }

  /** All that are kept, each at each place that is known of it, by offset. */
  places(): { offset: number; line: NotableLine }[] {
    return [...this.#first.values(), ...this.#latest.values()]
      .flatMap((line) => [line.offset, ...(this.#again.get(line) ?? [])].map((offset) => ({ offset, line })))
      .sort((a, b) => a.offset - b.offset);
  }

  /** One of each kind in turn, until the characters are used up; of one kind, the first ones. */
  choose(characters: number): NotableLine[] {
    const all = [...this.#first.values(), ...this.#latest.values()];
    const byKind = KINDS.map((kind) => all.filter((line) => line.kind === kind));
    const chosen: NotableLine[] = [];
    let left = characters;
    for (let round = 0; byKind.some((lines) => lines.length > round); round++) {
      for (const line of byKind.flatMap((lines) => lines.slice(round, round + 1))) {
        const cost = costOf(line);
        if (cost > left) continue;
        left -= cost;
        chosen.push(line);
      }
    }
    return chosen.sort((a, b) => a.offset - b.offset);
  }
}

/** Adds what explains it: the message of a panic, the place of an error. */
export function explain(line: NotableLine, detail: string): void {
  if (line.times === 1 && !line.text.includes('\n'))
    line.text += `\n${clip(detail.trimEnd(), NOTABLE_CHARACTERS)}`;
}

export function costOf(line: NotableLine): number {
  return line.text.length + NOTABLE_COST;
}

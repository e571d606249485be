/** How far a program says that it has come. */
export interface Progress {
  /** `46 %`, `3 of 12` */
  text: string;
  /** from 0 to 1 */
  share: number;
}

const PERCENT = /(?<![\d.,])(\d{1,3})(?:[.,]\d+)? ?%/g;
/** `step 3 of 12`, `[3/12]`, `(3/12)`: a bare `3/12` may be a date or a path. */
const STEP =
  /(?:\b(?:step|task|test|file|page|part|item|stage|chunk|epoch|#)s? ?#?(\d+) ?(?:\/|of) ?(\d+)|[[(] ?(\d+) ?\/ ?(\d+) ?[\])])/i;

/** By the last one of these lines that tells it; undefined where none does. */
export function progressIn(lines: readonly string[]): Progress | undefined {
  for (const line of [...lines].reverse()) {
    const found = stepIn(line) ?? percentIn(line);
    if (found) return found;
  }
  return undefined;
}

function stepIn(line: string): Progress | undefined {
  const match = STEP.exec(line);
  if (!match) return undefined;
  const [done, all] = [Number(match[1] ?? match[3]), Number(match[2] ?? match[4])];
  return all > 0 && done <= all ? { text: `${done} of ${all}`, share: done / all } : undefined;
}

/** The last one of a line, which a progress bar has drawn anew. */
function percentIn(line: string): Progress | undefined {
  const value = Number([...line.matchAll(PERCENT)].at(-1)?.[1] ?? Number.NaN);
  return value <= 100 ? { text: `${value} %`, share: value / 100 } : undefined;
}

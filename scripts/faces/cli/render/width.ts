import stringWidth from 'string-width';

/** Columns of a terminal that a text takes: two for East Asian characters and emojis. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** Code units to a column, at most: what is longer does not fit, and is not measured. Emoji by the ten thousand would take minutes. */
const MOST_TO_A_COLUMN = 16;

function fits(text: string, width: number): boolean {
  return text.length <= MOST_TO_A_COLUMN * width && columnsOf(text) <= width;
}

let segmenter: Intl.Segmenter | undefined;

/** As much of a text as fits, with `…` where that is not all; no character to the eye is cut in two. */
export function fit(text: string, width: number): string {
  if (width <= 0) return '';
  if (fits(text, width)) return text;
  let [kept, used] = ['', 0];
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text.slice(0, MOST_TO_A_COLUMN * width))) {
    const columns = columnsOf(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return `${kept.trimEnd()}…`;
}

const SEPARATOR = ' · ';

/**
 * In lines of at most `width`: a list of things is broken between two of them, anything else at its spaces.
 * @param most lines; without it as many as it takes
 */
export function wrapped(text: string, width: number, most = Number.POSITIVE_INFINITY): string[] {
  const separator = text.includes(SEPARATOR) ? SEPARATOR : ' ';
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(separator)) {
    const longer = line === '' ? word : `${line}${separator}${word}`;
    if (line !== '' && !fits(longer, width)) {
      lines.push(line);
      if (lines.length >= most) return lines.map((one) => fit(one, width));
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => fit(one, width));
}

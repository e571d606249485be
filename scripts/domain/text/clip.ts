/** What one character to the eye may take beyond the cut: a family of emojis, a letter with its accents. */
const LOOKAHEAD = 64;

let segmenter: Intl.Segmenter | undefined;

/** The beginning of a text, of at most `limit` UTF-16 units, with `…` where that is not all; no character is cut in two. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.max(1, limit - 1);
  return `${text.slice(0, boundaryBefore(text, end))}…`;
}

/** `end`, or where the character begins that lies across it. */
function boundaryBefore(text: string, end: number): number {
  if (/^[ -~]*$/.test(text.slice(end - 1, end + 1))) return end;
  segmenter ??= new Intl.Segmenter();
  const start = segmenter.segment(text.slice(0, end + LOOKAHEAD)).containing(end)?.index ?? end;
  if (start > 0) return start;
  return /[\ud800-\udbff]$/.test(text.slice(0, end)) ? end - 1 : end;
}

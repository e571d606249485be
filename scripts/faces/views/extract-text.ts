import { formatBytes } from '../../domain/base/bytes.ts';
import type { Digest } from '../../domain/text/digest.ts';
import type { Extract, FailureBlock } from '../../domain/text/extract.ts';

/** A part of the log as something to type: from that byte on, so many bytes; without them all of it. */
export type Open = (from?: number, length?: number) => string;

/** So much of the log is opened at a place: bytes. */
const OPENED = 4_000;

/** Of a short output all is shown: lines. A failed one is shown as a whole only where that is shorter than what matters of it. */
const WHOLE_LINES = { completed: 40, failed: 16, tested: 8 };

/** What `result` shows of a command's output. */
export interface Rendered {
  /** what the job wrote, or what is read out of it */
  written: string;
  /** where the rest is, in words of ours; empty where there is none */
  after: string;
  /** `written` is all of it */
  isWhole: boolean;
}

export function renderOutput(
  { digest, extract }: { digest: Digest; extract: Extract },
  completed: boolean,
  open: Open,
): Rendered {
  const whole = digest.tail ? undefined : digest.head.text;
  if (whole !== undefined && linesIn(whole) <= mostWhole(extract, completed))
    return { written: whole, after: '', isWhole: true };
  const parts = extract.blocks.length > 0 ? failures(extract) : excerpts(extract, open);
  const after = [...placesOf(extract, open), ...notSearched(digest), `All of it: ${open()}`];
  return { written: parts.join('\n\n'), after: after.join('\n'), isWhole: false };
}

function mostWhole({ counts }: Extract, completed: boolean): number {
  if (!completed) return WHOLE_LINES.failed;
  return counts ? WHOLE_LINES.tested : WHOLE_LINES.completed;
}

function failures({ blocks, tail }: Extract): string[] {
  return [blocks.map(blockText).join('\n'), ...(tail ? [`The end of the output:\n\n${tail.text}`] : [])];
}

/** How to see in the log what is told of it, or is not. */
function placesOf({ blocks, blocksFound }: Extract, open: Open): string[] {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (!first || !last) return [];
  const more = blocksFound - blocks.length;
  if (more > 0) return [`… and ${more} more; from there on: ${open(last.end, OPENED)}`];
  return [`The first one in the log: ${open(first.offset, Math.min(first.end - first.offset, OPENED))}`];
}

/** `✖ name (place)`, and why below it. */
function blockText({ name, place, reason, times }: FailureBlock): string {
  const where = place === null ? '' : ` (${place})`;
  const count = times > 1 ? ` (${times} ×)` : '';
  return [`✖ ${name}${where}${count}`, ...reason.map((line) => `    ${line}`)].join('\n');
}

/** Nothing is known to have failed: how it begins, where no sum tells it, and how it ends. */
function excerpts({ counts, head, tail }: Extract, open: Open): string[] {
  if (counts) return tail ? [`The end of the output:\n\n${tail.text}`] : [];
  if (!head || !tail) return tail ? [tail.text] : [];
  const gap = tail.offset - head.end;
  const left = gap > 0 ? [`… ${formatBytes(gap)} left out; to see them: ${open(head.end, gap)}`] : [];
  return [[head.text, ...left, tail.text].join('\n')];
}

/** Says which part nobody looked at. */
function notSearched({ scanned, bytes }: Digest): string[] {
  const looked = scanned.reduce((sum, { from, to }) => sum + to - from, 0);
  if (looked >= bytes) return [];
  const [first, second] = scanned;
  const until = second && second.from > (first?.to ?? 0) ? second.from : bytes;
  return [`(not searched: ${formatBytes(bytes - looked)} from byte ${first?.to ?? 0} to ${until})`];
}

function linesIn(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

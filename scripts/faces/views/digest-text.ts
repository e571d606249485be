import { formatBytes } from '../../domain/base/bytes.ts';
import type { Digest, NotableLine } from '../../domain/text/digest.ts';

/** A digest for people and agents. `open` says what to type to see a part of the log: from that byte on, so many bytes. */
export function renderDigest(digest: Digest, open: (from: number, length: number) => string): string {
  const { head, tail } = digest;
  if (!tail) return head.text;
  const gap = tail.offset - head.end;
  const left = `… ${formatBytes(gap)} left out; to see them: ${open(head.end, gap)}`;
  const parts = [endedLine(head.text), ...(gap > 0 ? [`${left}\n`] : []), tail.text];
  const notable = digest.notable.filter((line) => line.offset >= head.end && line.offset < tail.offset);
  const more = notable.length === 0 ? [] : [`${notableLines(digest, notable, open)}\n`];
  return [...more, ...parts].join('\n');
}

function notableLines(
  digest: Digest,
  lines: NotableLine[],
  open: (from: number, length: number) => string,
): string {
  const shown = lines.map(({ offset, text, times }) => {
    const [first = '', ...rest] = text.split('\n');
    const count = times > 1 ? ` (${times} ×)` : '';
    return [
      `${String(offset).padStart(10)}  ${first}${count}`,
      ...rest.map((line) => `${' '.repeat(12)}${line}`),
    ].join('\n');
  });
  const [{ offset } = { offset: 0 }] = lines;
  const head = `Lines that matter, after their byte in the log (${open(offset, 2_000)}):`;
  return [head, ...shown, ...notScanned(digest)].join('\n');
}

/** Says which part nobody looked at. */
function notScanned({ scanned, bytes }: Digest): string[] {
  const looked = scanned.reduce((sum, { from, to }) => sum + to - from, 0);
  if (looked >= bytes) return [];
  const [first, second] = scanned;
  const until = second && second.from > (first?.to ?? 0) ? second.from : bytes;
  return [`(not searched: ${formatBytes(bytes - looked)} from byte ${first?.to ?? 0} to ${until})`];
}

function endedLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

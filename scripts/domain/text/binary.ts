/** Output that is no text: an image, an archive, a core dump. */

/** Control characters that text has: bell, backspace, tab, line feed, form feed, return, escape. */
const IN_TEXT = new Set([7, 8, 9, 10, 12, 13, 27]);
/** A line of fewer bytes than this tells nothing. */
const SMALL = 16;
/** As many of 100 bytes; text in an old 8-bit encoding of a European language stays below. */
const LIMIT = 30;
const CONTROL_WEIGHT = 3;

/** A longer line is judged in pieces. */
const PIECE_BYTES = 4_096;
/** Fewer bytes that are all text may stand there by chance. */
const WORD = 2;
const NEWLINE = 0x0a;

export interface Stretch {
  from: number;
  to: number;
  binary: boolean;
}

/**
 * What of these bytes is text, and what would be garbage to a reader: judged line by line, so that one binary line costs
 * that line. Only control characters make a line binary; text in another encoding than UTF-8 has none, and stays. What
 * might be either (a few bytes, or no UTF-8) is what its neighbours are. `before`: what came before was binary.
 */
export function stretchesIn(bytes: Uint8Array, before = false): Stretch[] {
  const found: Stretch[] = [];
  let open: { from: number; to: number } | undefined;
  const add = (from: number, to: number, binary: boolean) => {
    const last = found.at(-1);
    if (last?.binary === binary) last.to = to;
    else found.push({ from, to, binary });
  };
  const close = (next: boolean) => {
    if (open) add(open.from, open.to, next && (found.at(-1)?.binary ?? (before || open.from === 0)));
    open = undefined;
  };
  for (let from = 0, to = 0; from < bytes.length; from = to) {
    to = endOfPiece(bytes, from);
    const verdict = judge(bytes.subarray(from, to));
    if (verdict === 'either') open = { from: open?.from ?? from, to };
    else {
      close(verdict === 'binary');
      add(from, to, verdict === 'binary');
    }
  }
  close(found.at(-1)?.binary ?? before);
  return found;
}

/** A message, and no scrap of a few letters as there are by chance in any image. */
const MESSAGE = /[\x20-\x7e\t]{8,}/;

/** Whether there is no text in it that anybody could miss. */
export function isAllBinary(bytes: Uint8Array): boolean {
  const stretches = stretchesIn(bytes);
  const hasMessage = ({ from, to }: Stretch) =>
    MESSAGE.test(String.fromCharCode(...bytes.subarray(from, Math.min(to, from + PIECE_BYTES))));
  return stretches.some(({ binary }) => binary) && stretches.every((one) => one.binary || !hasMessage(one));
}

function endOfPiece(bytes: Uint8Array, from: number): number {
  const feed = bytes.indexOf(NEWLINE, from);
  return Math.min(feed < 0 ? bytes.length : feed + 1, from + PIECE_BYTES);
}

function judge(bytes: Uint8Array): 'text' | 'binary' | 'either' {
  let [controls, strange] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 ? !IN_TEXT.has(byte) : byte === 0x7f) controls++;
    else if (byte >= 0x80) {
      const more = continuation(bytes, at);
      if (more === 0) strange++;
      at += more;
    }
  }
  const isGarbage = (controls * CONTROL_WEIGHT + strange) * 100 > bytes.length * LIMIT;
  if (controls > 0 && isGarbage && bytes.length >= SMALL) return 'binary';
  const length = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
  return isGarbage || length < WORD ? 'either' : 'text';
}

/** `binary, 1,234 bytes, begins 89 50 4e 47 …` */
export function describeBinary(size: number, first: Uint8Array): string {
  const shown = [...first.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const more = size > 16 ? ' …' : '';
  return `[binary, ${size.toLocaleString('en')} ${size === 1 ? 'byte' : 'bytes'}, begins ${shown}${more}]`;
}

/** How many bytes after the lead byte belong to its character; 0 where it begins none. Cut at the end counts as whole. */
function continuation(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const wanted =
    lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
  for (let more = 1; more <= wanted; more++) {
    const byte = bytes[at + more];
    if (byte === undefined) return more - 1 || 1;
    if ((byte & 0xc0) !== 0x80) return 0;
  }
  return wanted;
}

/** Output that is no text: an image, an archive, a core dump. */

/** Control characters that text has: bell, backspace, tab, line feed, form feed, return, escape. */
const IN_TEXT = new Set([7, 8, 9, 10, 12, 13, 27]);
/** Fewer bytes than this do no harm, and tell nothing. */
const SMALL = 16;
/** As many of 100 bytes; text in an old 8-bit encoding of a European language stays below. */
const LIMIT = 30;
const CONTROL_WEIGHT = 3;

/** Whether these bytes would be garbage to a reader: mostly control characters, or no UTF-8. */
export function looksBinary(bytes: Uint8Array): boolean {
  if (bytes.length < SMALL) return false;
  let strange = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 ? !IN_TEXT.has(byte) : byte === 0x7f) strange += CONTROL_WEIGHT;
    else if (byte >= 0x80) {
      const more = continuation(bytes, at);
      if (more === 0) strange++;
      at += more;
    }
  }
  return strange * 100 > bytes.length * LIMIT;
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

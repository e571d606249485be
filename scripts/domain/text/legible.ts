import { describeBinary, stretchesIn } from './binary.ts';
import { readable } from './terminal-text.ts';

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of output as text for a reader: as a terminal shows it in the end, with a line in the place of what is no text. */
export function legible(bytes: Uint8Array): string {
  let text = '';
  for (const { from, to, binary } of stretchesIn(bytes)) {
    const part = bytes.subarray(from, to);
    if (!binary) text += readable(DECODER.decode(part));
    else text += `${text === '' || text.endsWith('\n') ? '' : '\n'}${describeBinary(part.length, part)}\n`;
  }
  return text;
}

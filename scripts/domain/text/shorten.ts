import { clip } from './clip.ts';
import { visible } from './harmless.ts';

/** One line of at most `limit` characters, for summaries and titles: nothing in it is hidden. */
export function shorten(text: string, limit = 96): string {
  return clip(visible(plain(text)).trim().replace(/\s+/g, ' '), limit);
}

/** Text for a terminal or a table: no escape sequences, no control characters but tab and newline. */
export function plain(text: string): string {
  return text.replace(ESCAPES, '').replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, '');
}

// CSI and OSC sequences, as ECMA-48 writes them.
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

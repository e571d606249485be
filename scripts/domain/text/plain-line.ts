import { clip } from './clip.ts';
import { readableLine } from './terminal-text.ts';

/** One line that is text and nothing else, of at most `limit` characters; for text of strangers beside our own words. */
export function plainLine(text: string, limit: number): string {
  return clip(harmless(readableLine(text.slice(0, 64 * limit))).trim(), limit);
}

/**
 * No control characters, invisible or direction-changing ones; and nothing that opens or closes a tag
 * or a code fence, by which hosts mark what is not the program's output.
 */
function harmless(text: string): string {
  return text
    .replace(/[\p{Cf}\p{Cs}]/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replace(/[`´]{2,}/g, "'");
}

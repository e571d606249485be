import { visible } from '../../../domain/text/harmless.ts';
import { readable } from '../../../domain/text/terminal-text.ts';

/** Text of strangers as it will be shown, on one line: only of that the width can be told. */
export function tidy(text: string): string {
  return visible(readable(text)).replace(/\s+/g, ' ').trim();
}

import { type Outline, outline } from './lexer.ts';
import { type Promotion, promote, promoteInTurn } from './promotion.ts';

/** Whether a shell text starts something in the background, and how it is said as one job where it does. */
export type BackgroundReading =
  | { starts: 'no' }
  | { starts: 'unsure'; why: string }
  | { starts: 'yes'; promotion: Promotion };

/** Pure, linear in the text's length, never throws. What each construct means: docs/shell-background.md. */
export function readBackground(text: string): BackgroundReading {
  return read(text, promote);
}

/** The same for the agent's shell, which returns when what is not in the background has ended. */
export function readInTurn(text: string): BackgroundReading {
  return read(text, promoteInTurn);
}

function read(text: string, reader: typeof promote): BackgroundReading {
  if (!text.includes('&')) return { starts: 'no' };
  const found: Outline = outline(text);
  if (found.doubt !== undefined) return { starts: 'unsure', why: found.doubt };
  if (found.ampersands.length === 0) return { starts: 'no' };
  const promotion = reader(text, found);
  return typeof promotion === 'string' ? { starts: 'unsure', why: promotion } : { starts: 'yes', promotion };
}

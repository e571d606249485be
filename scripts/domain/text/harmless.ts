import { clip } from './clip.ts';
import { readable, readableLine } from './terminal-text.ts';

/*
 * Text of strangers: what a job or Codex has printed, names, commands, directories, arguments. It is made harmless to its
 * readers here alone; tests/faces/cli/strangers.test.ts lists the places where it is shown.
 */

/**
 * Nothing that is there without being seen, or that changes how the rest is seen: characters that set the direction, have no
 * width or no form, tags, fillers, variation selectors, halves of characters, and controls other than tab and line feed.
 */
export function visible(text: string): string {
  return text
    .replace(/[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/[\u2028\u2029]/g, ' ')
    .replace(/[^\P{Cc}\t\n]/gu, '');
}

/**
 * The same, with nothing in it that a host takes for more than text: no tag, no code fence, no mention. Claude Code 2.1.332
 * reads the file whose name follows an @ at the start of a word, also in what the program of a slash command has printed.
 * The one package that we tell people to install keeps its name.
 */
export function inert(text: string): string {
  return visible(text)
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replace(/[`´]{2,}|~{3,}/g, "'")
    .replace(/(?<![\p{L}\p{N}])@(?!openai\/codex(?:@latest)?(?:[\s,]|$))/gu, '＠');
}

/** The same on one line of at most `limit` characters, beside our own words. */
export function plainLine(text: string, limit: number): string {
  return clip(
    inert(readableLine(text.slice(0, 64 * limit)))
      .replace(/\s+/g, ' ')
      .trim(),
    limit,
  );
}

/** As many characters of what somebody has typed are repeated to him. */
const ECHO_LIMIT = 80;

/** What somebody has typed, in quotes that it cannot end. */
export function echo(text: string): string {
  return `"${withoutQuotes(echoed(text))}"`;
}

/** The same without quotes. */
export function echoed(text: string): string {
  return clip(onOneLine(visible(readableLine(text.slice(0, 64 * ECHO_LIMIT)))), ECHO_LIMIT);
}

/** Also a directory may have line feeds in its name, and must not make a line of its own. */
export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** `“text”`, which nothing in it can end. */
export function inQuotes(text: string, limit: number): string {
  return `“${withoutQuotes(plainLine(text, limit))}”`;
}

function withoutQuotes(text: string): string {
  return text.replace(/["“”„‟«»＂〝-〟]/gu, "'");
}

/** Text of any length for a model: each line stands behind a bar, and none can pass for one of ours. */
export function framed(text: string): string {
  const lines = inert(readable(text)).replace(/\n$/, '').split('\n');
  return `${lines.map((line) => `| ${line}`.trimEnd()).join('\n')}\n`;
}

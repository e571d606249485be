import { CompanionError } from '../base/errors.ts';
import { KINDS } from '../job/kinds.ts';
import type { JobKind } from '../job/specs.ts';
import { echo } from '../text/harmless.ts';

/**
 * How people name a job: by its number in the workspace (`12`), the name that they gave it, one of the words below, its
 * id, or enough of the beginning or end of that.
 */
export const WORDS = {
  '@last': 'the latest job',
  '@failed': 'the latest one that failed',
} as const;

export type ReferenceWord = keyof typeof WORDS;

export function isReferenceWord(text: string): text is ReferenceWord {
  return Object.hasOwn(WORDS, text);
}

/** Undefined for what is no number. `#12` as well, though a shell takes that for a comment where it is not quoted. */
export function numberIn(reference: string): number | undefined {
  const digits = /^#?([1-9]\d{0,8})$/.exec(reference)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The end of an id has to have so many characters to name a job: fewer are more likely a mistake. */
export const SHORTEST_SUFFIX = 4;

/** What `--name` gave a job; null where it bears the title of its kind. */
export function nameOf({ title, kind }: { title: string; kind: JobKind }): string | null {
  return title === KINDS[kind].title ? null : title;
}

/** Refuses a name by which the job could not be called: one that reads as a number, a word or nothing. */
export function aJobName(text: string): string {
  const name = text.trim();
  const why = obstacleTo(name);
  if (why === null) return name;
  throw new CompanionError('usage', `${echo(text)} cannot be the name of a job: ${why}.`, {
    hint: 'Give it a name with a letter in it, such as --name tests.',
  });
}

function obstacleTo(name: string): string | null {
  if (name === '') return 'it is empty';
  if (/^#?\d+$/.test(name)) return 'it reads as the number of one';
  return /^[@#]/.test(name) ? `names do not begin with ${name.charAt(0)}` : null;
}

import { KINDS } from '../../domain/job/kinds.ts';
import { type JobFacts, jobFiles, readResult } from '../../state/job/job-directory.ts';
import { digestLog } from '../../state/log/digest.ts';

/** How much of an answer of Codex's a notice looks at: characters. */
const ANSWER = 8 * 1024;
/** A hook has milliseconds: of a long log both ends are searched. */
const DIGEST = { characters: 1_500, scanBytes: 2 * 1024 * 1024 };
/**
 * The hosts give a hook seconds, and a hook that is ended there has told nobody of anything: so much goes into the lines of
 * all ends that are told at once. Milliseconds.
 */
export const LINES_MS = 200;
const LINES = 8;
const MATTERING = 4;

/**
 * What a notice shows of a job: what matters and the last lines of a command's output, or the first ones of Codex's answer.
 * Nothing where the time is up: `until`, in milliseconds of `performance.now()`.
 */
export function linesOf(facts: JobFacts, until: number): string[] {
  const { request, outcome, directory } = facts;
  if (performance.now() > until) return [];
  if (KINDS[request.kind].resultAs === 'output')
    return outputLines(jobFiles(directory).log, outcome?.ending !== 'completed', until);
  const rendered = readResult(directory)?.rendered ?? '';
  return filled(rendered.slice(0, ANSWER)).slice(0, 10);
}

/** Of a command that did not complete, what went wrong, where the last lines do not tell it. */
function outputLines(log: string, wentWrong: boolean, until: number): string[] {
  const { head, tail, notable } = digestLog(log, { ...DIGEST, until });
  const last = filled((tail ?? head).text).slice(-LINES);
  if (!wentWrong) return last;
  const shown = new Set(last.map((line) => line.trim()));
  const mattering = notable.map(({ text }) => text.split('\n')[0] ?? '').filter((line) => !shown.has(line));
  const first = mattering.slice(0, MATTERING);
  return [...first, ...last.slice(first.length - LINES)];
}

function filled(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

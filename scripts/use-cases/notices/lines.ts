import { KINDS } from '../../domain/job/kinds.ts';
import { type JobFacts, jobFiles, readResult } from '../../state/job/job-directory.ts';
import { digestLog } from '../../state/log/digest.ts';

/** How much of an answer of Codex's a notice looks at: characters. */
const ANSWER = 8 * 1024;
/** A hook has milliseconds: of a long log both ends are searched. */
const DIGEST = { characters: 1_500, scanBytes: 2 * 1024 * 1024 };
const LINES = 8;
const MATTERING = 4;

/** What a notice shows of a job: what matters and the last lines of a command's output, or the first ones of Codex's answer. */
export function linesOf(facts: JobFacts): string[] {
  const { request, outcome, directory } = facts;
  if (KINDS[request.kind].resultAs === 'output')
    return outputLines(jobFiles(directory).log, outcome?.ending !== 'completed');
  const rendered = readResult(directory)?.rendered ?? '';
  return filled(rendered.slice(0, ANSWER)).slice(0, 10);
}

/** Of a command that did not complete, what went wrong, where the last lines do not tell it. */
function outputLines(log: string, wentWrong: boolean): string[] {
  const { head, tail, notable } = digestLog(log, DIGEST);
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

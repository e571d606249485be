import { isCodexKind } from '../domain/job.ts';
import { type JobFacts, jobFiles, readResult } from '../state/job-directory.ts';
import { readTail } from '../state/log.ts';

/** The end of the output that a notice looks at: bytes. */
const TAIL = 8 * 1024;

/** What a notice shows of a job: the last lines of a command's output, the first ones of Codex's answer. Not cleaned. */
export function linesOf(facts: JobFacts): string[] {
  if (!isCodexKind(facts.request.kind)) return readTail(jobFiles(facts.directory).log, TAIL).split('\n');
  const rendered = readResult(facts.directory)?.rendered ?? '';
  return rendered
    .slice(0, TAIL)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 10);
}

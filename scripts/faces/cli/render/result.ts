import { formatBytes } from '../../../domain/base/bytes.ts';
import { KINDS } from '../../../domain/job/kinds.ts';
import type { Digest } from '../../../domain/text/digest.ts';
import type { JobView } from '../../views/job-view.ts';
import type { StoredResult } from '../../views/stored-result.ts';
import { lastWord } from '../following/foreground-result.ts';

/** What Codex answered, with the way to go on from there; or how a command ended, with its output. */
export function renderResult(job: JobView, stored: StoredResult): string {
  if (KINDS[job.kind].resultAs === 'output') return renderCommand(job, stored);
  const failed = job.outcome && job.outcome.ending !== 'completed' ? lastWord(job.id, job.outcome) : '';
  const resume = job.threadId ? `Resume in Codex: codex resume ${job.threadId}` : '';
  const text = withoutLastLine(stored.rendered.trimEnd(), resume);
  const session = job.threadId ? `Codex session ID: ${job.threadId}\n${resume}` : '';
  return `${[failed, text, session].filter(Boolean).join('\n\n') || 'It left no result.'}\n`;
}

/** A foreground task's answer ends in how to resume it; here that stands below the session's id, as in 1.0.5. */
function withoutLastLine(text: string, line: string): string {
  return line !== '' && text.endsWith(line) ? text.slice(0, -line.length).trimEnd() : text;
}

function renderCommand(job: JobView, { digest, rendered }: StoredResult): string {
  const size = digest ? ` (${[formatBytes(digest.bytes), ...lineCount(digest)].join(', ')})` : '';
  const head = `${job.outcome ? lastWord(job.id, job.outcome) : job.id}\nCommand: ${job.summary}\nLog: ${job.logFile}${size}\n`;
  if (rendered === '') return `${head}It printed nothing.\n`;
  const what = digest?.tail ? 'A digest of its output:' : 'Its output:';
  return `${head}${what}\n\n${rendered.endsWith('\n') ? rendered : `${rendered}\n`}`;
}

function lineCount({ lines }: Digest): string[] {
  return lines === null ? [] : [`${lines} ${lines === 1 ? 'line' : 'lines'}`];
}

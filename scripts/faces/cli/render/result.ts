import { formatBytes } from '../../../domain/base/bytes.ts';
import type { JobRequest } from '../../../domain/job/job.ts';
import { isShellJob } from '../../../domain/job/kinds.ts';
import { typed } from '../../../domain/shell/quote.ts';
import { countsText } from '../../../domain/text/counts.ts';
import type { Digest } from '../../../domain/text/digest.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import type { JobView } from '../../views/job-view.ts';
import type { StoredResult } from '../../views/stored-result.ts';
import { lastWord } from '../following/foreground-result.ts';
import type { Screen } from '../output.ts';

/**
 * What Codex answered, with the way to go on from there; or how a command ended, with its output. `forModel`: a command of
 * several lines is summed up in one, as none of them may pass for a line of ours.
 */
export function renderResult(
  job: JobView,
  request: JobRequest,
  stored: StoredResult,
  forModel = false,
): Screen {
  if (isShellJob(request)) return renderCommand(job, request.spec.argv, stored, forModel);
  const failed = job.outcome && job.outcome.ending !== 'completed' ? lastWord(job.id, job.outcome) : '';
  const resume = job.threadId ? `Resume in Codex: codex resume ${job.threadId}` : '';
  const text = withoutLastLine(stored.rendered.trimEnd(), resume);
  const session = job.threadId ? `Codex session ID: ${job.threadId}\n${resume}` : '';
  if (text === '') return `${[failed, session].filter(Boolean).join('\n\n') || 'It left no result.'}\n`;
  return [failed && `${failed}\n\n`, { written: `${text}\n` }, session && `\n${session}\n`];
}

/** A foreground task's answer ends in how to resume it; here that stands below the session's id, as in 1.0.5. */
function withoutLastLine(text: string, line: string): string {
  return line !== '' && text.endsWith(line) ? text.slice(0, -line.length).trimEnd() : text;
}

/** Characters; a command that is longer shows its beginning. */
const COMMAND_LIMIT = 4_000;

/** Words as they can be pasted; a text for a shell as it was summed up, without what we put around it. */
function commandLine({ summary }: JobView, argv: readonly string[], forModel: boolean): string {
  const line = typed(argv);
  if (forModel && line.includes('\n')) return summary;
  return line.length <= COMMAND_LIMIT && shorten(line) === summary ? line : summary;
}

function renderCommand(
  job: JobView,
  argv: readonly string[],
  { output, rendered }: StoredResult,
  forModel: boolean,
): Screen {
  const head = commandHead(job, argv, output, forModel);
  if (rendered === '') return `${head}It printed nothing.\n`;
  const what = output?.isWhole ? 'Its output:\n' : '';
  const { written = rendered, after = '' } = output ?? {};
  return [`${head}${what}\n`, { written: endedLine(written) }, ...(after === '' ? [] : [`\n${after}\n`])];
}

function endedLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** How it ended, with what a test runner has counted, and where its output is. */
export function commandHead(
  job: JobView,
  argv: readonly string[],
  output: StoredResult['output'],
  forModel = false,
): string {
  const digest = output?.digest;
  const size = digest ? ` (${[formatBytes(digest.bytes), ...lineCount(digest)].join(', ')})` : '';
  const counts = output?.extract.counts && countsText(output.extract.counts);
  const ending = `${job.outcome ? lastWord(job.id, job.outcome) : job.id}${counts ? `: ${counts}` : ''}`;
  return `${ending}\nCommand: ${commandLine(job, argv, forModel)}\nLog: ${job.logFile}${size}\n`;
}

function lineCount({ lines }: Digest): string[] {
  return lines === null ? [] : [`${lines} ${lines === 1 ? 'line' : 'lines'}`];
}

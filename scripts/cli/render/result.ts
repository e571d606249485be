import { lastWord } from '../foreground-result.ts';
import type { JobView } from '../job-view.ts';
import type { Output } from '../output.ts';
import type { StoredResult } from '../stored-result.ts';

/** What Codex answered, with the way to go on from there; or how a command ended, with its output. */
export function renderResult(job: JobView, stored: StoredResult, out: Output): string {
  if (job.jobClass === 'run') return renderCommand(job, stored, out);
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

function renderCommand(job: JobView, stored: StoredResult, out: Output): string {
  const result = stored.result;
  const cut = result && 'truncated' in result && result.truncated;
  const more = cut ? `The end of its output (all of it: ${out.command('logs', job.id)}):` : 'Its output:';
  const head = `${job.outcome ? lastWord(job.id, job.outcome) : job.id}\nCommand: ${job.summary}\nLog: ${job.logFile}\n`;
  if (stored.rendered === '') return `${head}It printed nothing.\n`;
  return `${head}${more}\n\n${stored.rendered.endsWith('\n') ? stored.rendered : `${stored.rendered}\n`}`;
}

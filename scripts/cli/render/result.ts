import { lastWord } from '../foreground-result.ts';
import type { JobView } from '../job-view.ts';
import type { Output } from '../output.ts';
import type { StoredResult } from '../stored-result.ts';

/** What Codex answered, with the way to go on from there; or how a command ended, with its output. */
export function renderResult(job: JobView, stored: StoredResult, out: Output): string {
  if (job.jobClass === 'run') return renderCommand(job, stored, out);
  if (stored.rendered.trim() === '')
    return `${job.outcome ? lastWord(job.id, job.outcome) : job.id}\n${goOn(job)}`;
  const text = stored.rendered.endsWith('\n') ? stored.rendered : `${stored.rendered}\n`;
  // A result may be there though the job did not complete: then that is said first.
  const failed =
    job.outcome && job.outcome.ending !== 'completed' ? `${lastWord(job.id, job.outcome)}\n\n` : '';
  return `${failed}${text}${goOn(job)}`;
}

function goOn(job: JobView): string {
  return job.threadId
    ? `\nCodex session ID: ${job.threadId}\nResume in Codex: codex resume ${job.threadId}\n`
    : '';
}

function renderCommand(job: JobView, stored: StoredResult, out: Output): string {
  const result = stored.result;
  const cut = result && 'truncated' in result && result.truncated;
  const more = cut ? `The end of its output (all of it: ${out.command('logs', job.id)}):` : 'Its output:';
  const head = `${job.outcome ? lastWord(job.id, job.outcome) : job.id}\nCommand: ${job.summary}\nLog: ${job.logFile}\n`;
  if (stored.rendered === '') return `${head}It printed nothing.\n`;
  return `${head}${more}\n\n${stored.rendered.endsWith('\n') ? stored.rendered : `${stored.rendered}\n`}`;
}

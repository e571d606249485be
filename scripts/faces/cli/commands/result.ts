import { CompanionError } from '../../../domain/base/errors.ts';
import type { JobRequest } from '../../../domain/job/job.ts';
import { isShellJob, type ShellJob } from '../../../domain/job/kinds.ts';
import type { JobFacts } from '../../../state/job/job-directory.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import { type JobView, viewOfReading } from '../../views/job-view.ts';
import { DIGEST_CHARACTERS, type StoredResult, storedResult } from '../../views/stored-result.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP, FRAMED_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { LogPump } from '../following/log-pump.ts';
import { readText } from '../following/log-text.ts';
import { ReadableView } from '../following/log-view.ts';
import { namedJob } from '../input/find.ts';
import type { Options } from '../input/options.ts';
import { stillRunningLine } from '../render/processes.ts';
import { commandHead, renderResult } from '../render/result.ts';

export const result: Command = {
  options: { budget: { takes: 'value' }, full: { takes: 'nothing' }, framed: { takes: 'nothing' } },
  rest: 'words',
  words: 'jobs',
  help: `Shows the result of a finished job: what Codex answered, or how a command ended and what matters of its output.

Usage: codex-companion result [job] [options]

  --budget N               for a command: at most about N characters of its output (default ${DIGEST_CHARACTERS}): each failure with
                           its place and its reason, how many failed, and the last lines; a short output as it is
  --full                   for a command: all of its output
${FRAMED_HELP}
${COMMON_HELP}

Without a job: the latest finished one of your session, else of the workspace.

Example:
  codex-companion result task-mi9x4k2c-8f3k
  codex-companion result run-mi9x --budget 20000
  codex-companion result run-mi9x --full
`,
  async run(call) {
    call.options.refuseTogether('full', 'budget');
    const budget = budgetOf(call.options);
    const job = await namedJob(call, 'finished');
    const reading = readJob(job.layout, job.id);
    const view = viewOfReading(job.layout, reading);
    if (!reading.facts.outcome)
      throw new CompanionError('wrong-state', `${job.id} is still ${view.status} (${view.phase}).`, {
        hint: `codex-companion wait ${job.id}`,
      });
    const stored = storedResult(reading.facts, call.out.command.bind(call.out), budget);
    const { result: found, rendered } = stored;
    const payload = {
      job: view,
      storedJob: { ...view, request: reading.facts.request.spec, result: found, rendered },
    };
    const { request } = reading.facts;
    const isFull = call.options.has('full') && isShellJob(request);
    if (isFull && !call.out.json && !call.out.forModel) await showAll(call, view, request, stored);
    else {
      const shown = isFull ? whole(stored, readText(view.logFile, 0, true).text) : stored;
      payload.storedJob.rendered = shown.rendered;
      call.out.answer(payload, () => renderResult(view, request, shown, call.out.forModel));
    }
    if (!call.out.json) tellStillRunning(call, reading.facts);
    markRead(call.context.root, reading, call.origin);
    return EXIT_DONE;
  },
};

function tellStillRunning({ out }: Call, facts: JobFacts): void {
  const line = stillRunningLine(facts, out);
  if (line !== undefined) out.say(`\n${line}\n`);
}

function budgetOf(options: Options): number {
  const budget = options.count('budget') ?? DIGEST_CHARACTERS;
  if (budget > 0) return budget;
  throw new CompanionError('usage', '--budget 0 would show nothing of the output.', {
    hint: '--budget 4000',
  });
}

/** The same with all of the output, or its first 4 MiB. */
function whole(stored: StoredResult, text: string): StoredResult {
  const { output } = stored;
  return {
    ...stored,
    rendered: text,
    output: output && { ...output, written: text, after: '', isWhole: true },
  };
}

/** What stands above a command's output, and all of it as `logs` shows it. */
async function showAll(
  call: Call,
  view: JobView,
  request: ShellJob<JobRequest>,
  { output }: StoredResult,
): Promise<void> {
  call.out.say(`${commandHead(view, request.spec.argv, output)}Its output:\n\n`);
  const pump = new LogPump(view.logFile, { from: 0, view: new ReadableView(), onShrunk: () => {} });
  await pump.drain();
  await pump.finish(true);
}

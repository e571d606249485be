import { CompanionError } from '../../../domain/base/errors.ts';
import { markRead } from '../../../use-cases/notices/mark-read.ts';
import { readJob } from '../../../use-cases/reading/read-job.ts';
import { viewOfReading } from '../../views/job-view.ts';
import { DIGEST_CHARACTERS, storedResult } from '../../views/stored-result.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { namedJob } from '../input/find.ts';
import { renderResult } from '../render/result.ts';

export const result: Command = {
  options: { budget: { takes: 'value' } },
  rest: 'words',
  help: `Shows the result of a finished job: what Codex answered, or how a command ended and a digest of its output.

Usage: codex-companion result [job] [options]

  --budget N               for a command: at most about N characters of its output (default ${DIGEST_CHARACTERS}): its beginning,
                           its end, and of the rest the lines that matter (failing tests, errors, crashes) with
                           their byte offsets in the log, for logs --since OFFSET
${COMMON_HELP}

Without a job: the latest finished one of your session, else of the workspace.

Example:
  codex-companion result task-mi9x4k2c-8f3k
  codex-companion result run-mi9x --budget 20000
`,
  async run(call) {
    const budget = call.options.count('budget') ?? DIGEST_CHARACTERS;
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
    call.out.answer(payload, () => renderResult(view, reading.facts.request, stored));
    markRead(call.context.root, reading, call.origin);
    return EXIT_DONE;
  },
};

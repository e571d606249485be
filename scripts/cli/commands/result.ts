import { CompanionError } from '../../domain/errors.ts';
import { readJob } from '../../supervisor/settle.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { namedJob } from '../find.ts';
import { viewOfReading } from '../job-view.ts';
import { renderResult } from '../render/result.ts';
import { storedResult } from '../stored-result.ts';

export const result: Command = {
  options: {},
  rest: 'words',
  help: `Shows the result of a finished job: what Codex answered, or how a command ended and the end of its output.

Usage: codex-companion result [job]

${COMMON_HELP}

Without a job: the latest finished one of your session, else of the workspace.

Example:
  codex-companion result task-mi9x4k2c-8f3k
`,
  async run(call) {
    const job = await namedJob(call, 'finished');
    const reading = readJob(job.layout, job.id);
    const view = viewOfReading(job.layout, reading);
    if (!reading.facts.outcome)
      throw new CompanionError('wrong-state', `${job.id} is still ${view.status} (${view.phase}).`, {
        hint: `codex-companion wait ${job.id}`,
      });
    const stored = storedResult(reading.facts);
    const payload = { job: view, storedJob: { ...view, request: reading.facts.request.spec, ...stored } };
    call.out.answer(payload, () => renderResult(view, stored, call.out));
    return EXIT_DONE;
  },
};

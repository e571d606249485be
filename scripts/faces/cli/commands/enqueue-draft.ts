import { CompanionError } from '../../../domain/base/errors.ts';
import { enqueue, type JobDraft } from '../../../use-cases/jobs/enqueue.ts';
import type { Command } from '../command.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { launchedJob } from '../launch.ts';
import { readStdin } from '../stdin/stdin.ts';

/**
 * What a foreground command starts this program with: enqueues the draft that stands on stdin and exits at once, which
 * orphans the worker. A host that kills by parent links does not reach it then.
 */
export const enqueueDraft: Command = {
  options: {},
  rest: 'words',
  help: 'Used by the program itself.\n',
  async run(call) {
    const draft = draftIn(await readStdin());
    const request = await enqueue(call.context, draft);
    call.out.answer(launchedJob(call, request), String);
    return EXIT_DONE;
  },
};

/** Our own parent wrote it this moment; the worker checks the request that becomes of it. */
function draftIn(text: string): JobDraft {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CompanionError('usage', 'There is no draft of a job on stdin.', { cause });
  }
}

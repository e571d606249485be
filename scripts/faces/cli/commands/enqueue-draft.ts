import { enqueue } from '../../../use-cases/jobs/enqueue.ts';
import type { Command } from '../command.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { takeOver } from '../hand-over.ts';
import { launchedJob } from '../launch.ts';
import { readStdinBytes } from '../stdin/stdin.ts';

/**
 * What a foreground command starts this program with: enqueues the draft that stands on stdin and exits at once, which
 * orphans the worker. A host that kills by parent links does not reach it then.
 */
export const enqueueDraft: Command = {
  options: {},
  rest: 'words',
  help: 'Used by the program itself.\n',
  async run(call) {
    const { draft, input } = takeOver(await readStdinBytes(Number.POSITIVE_INFINITY));
    const request = await enqueue(call.context, draft, { input });
    call.out.answer(launchedJob(call, request), String);
    return EXIT_DONE;
  },
};

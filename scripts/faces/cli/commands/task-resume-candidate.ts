import { resumeCandidate } from '../../../use-cases/jobs/continue-thread.ts';
import { viewOfFinished } from '../../views/job-view.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';

export const taskResumeCandidate: Command = {
  options: {},
  rest: 'nothing',
  help: `Tells which finished task \`task --resume-last\` would continue.

Usage: codex-companion task-resume-candidate

${COMMON_HELP}

Example:
  codex-companion task-resume-candidate --json
`,
  async run(call) {
    const { context, out } = call;
    const origin = call.origin();
    const found = resumeCandidate(context, origin);
    const outcome = found?.job.finished;
    const view = found && outcome ? viewOfFinished(context.layout, found.job, outcome) : null;
    const candidate = view && {
      id: view.id,
      status: view.status,
      title: view.title,
      summary: view.summary,
      threadId: view.threadId,
      completedAt: view.completedAt,
      updatedAt: view.updatedAt,
    };
    const payload = { available: candidate !== null, sessionId: origin?.sessionId ?? null, candidate };
    out.answer(payload, () =>
      candidate
        ? `${candidate.id} (${candidate.status}) can be continued: ${candidate.summary}\n`
        : 'There is no finished task to continue.\n',
    );
    return EXIT_DONE;
  },
};

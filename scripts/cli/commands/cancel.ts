import { CompanionError } from '../../domain/errors.ts';
import { briefOutcome } from '../../domain/outcome.ts';
import type { JobProcess } from '../../process/job-processes.ts';
import { type CancelResult, cancel as cancelJob } from '../../supervisor/cancel.ts';
import { markRead } from '../../supervisor/mark-read.ts';
import type { Call, Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE, EXIT_OF_ERROR } from '../exit-codes.ts';
import { namedJob } from '../find.ts';

export const cancel: Command = {
  options: {},
  rest: 'words',
  help: `Stops a job with all its processes, and proves it: asks first, kills after a few seconds, and lists what it
stopped and what is left.

Usage: codex-companion cancel [job]

${COMMON_HELP}

Without a job: the latest live one of your session; in a plain terminal, of the workspace. Another session's job has
to be named.
Exit status: 0 cancelled, 3 it had ended already, 6 something of it is left (the job still reads running).

Example:
  codex-companion cancel task-mi9x4k2c-8f3k
`,
  async run(call) {
    const job = await namedJob(call, 'live', { onlyOwn: true });
    const result = await cancelJob(job, { stop: { kind: 'user', by: requester(call) } });
    const ending = result.reading.facts.outcome;
    // One that completed while we were about to stop it was not cancelled either.
    if (ending && (result.kind === 'already-finished' || ending.ending !== 'cancelled'))
      throw new CompanionError('wrong-state', `${job.id} has ended already: ${briefOutcome(ending)}.`, {
        hint: call.out.command('result', job.id),
      });
    const status = tell(call, result);
    markRead(call.context.root, result.reading, call.origin);
    return status;
  },
};

function requester(call: Call): string {
  const origin = call.origin();
  return origin ? `the user, in ${origin.host} session ${origin.sessionId}` : 'the user';
}

function tell(call: Call, result: CancelResult): number {
  const { request } = result.reading.facts;
  const stopped = 'stopped' in result ? result.stopped : [];
  const left = 'left' in result ? result.left : [];
  const incomplete = result.kind === 'incomplete';
  const payload = {
    jobId: request.id,
    status: incomplete ? 'running' : 'cancelled',
    title: request.title,
    turnInterruptAttempted: 'interruptAttempted' in result && result.interruptAttempted,
    turnInterrupted: result.kind === 'cancelled' && result.interrupted,
    stopped,
    left,
  };
  call.out.answer(payload, () => {
    const lines = [incomplete ? `${request.id} is not stopped yet.` : `Cancelled ${request.id}.`];
    lines.push(`- Title: ${request.title}`, `- Summary: ${request.summary}`);
    if (stopped.length > 0) lines.push(`- Stopped: ${stopped.map(describe).join(', ')}`);
    if (left.length > 0) lines.push(`- Left: ${left.map(describe).join(', ')}`);
    if (incomplete) lines.push(`- Try again: ${call.out.command('cancel', request.id)}`);
    return `${lines.join('\n')}\n`;
  });
  return incomplete ? EXIT_OF_ERROR['cancel-incomplete'] : EXIT_DONE;
}

function describe({ pid, name }: JobProcess): string {
  return `${name} (pid ${pid})`;
}

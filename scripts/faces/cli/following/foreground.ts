import { CompanionError, type ErrorCode, systemCode } from '../../../domain/base/errors.ts';
import { runOwnProgram } from '../../../process/spawn.ts';
import { jobDirectory } from '../../../state/layout.ts';
import type { JobDraft, JobInput } from '../../../use-cases/jobs/enqueue.ts';
import { findJob } from '../../../use-cases/reading/find-job.ts';
import type { Call } from '../command.ts';
import { EXIT_OF_ERROR } from '../exit-codes.ts';
import { handedOver } from '../hand-over.ts';
import type { Launched } from '../launch.ts';
import { spoken, toType } from '../render/spoken.ts';
import { followJob } from './follow.ts';
import { finishForeground } from './foreground-result.ts';
import { holdSignals, whileWaiting } from './waiter.ts';

/**
 * "In the foreground" is only: enqueue and wait. The job has a worker like any other; if the wait ends early, by a
 * signal or with the whole process tree, the job goes on and its result can be collected.
 */
export async function launchAndWait(call: Call, draft: JobDraft, input?: JobInput): Promise<number> {
  const signals = holdSignals();
  const { jobId, number } = await enqueueByChild(call, draft, input);
  const { out } = call;
  const collect = out.command('result', toType(call, { id: jobId, number }));
  const job = findJob(call.context, jobId);
  const directory = jobDirectory(job.layout, jobId);
  const who = spoken(out, { request: { ...draft, id: jobId }, directory });
  out.talk(`${who} started; "${collect}" collects it if this wait ends early`);
  const wait = () => followJob(call, job, draft.kind);
  const reading = await whileWaiting(call, [job], wait, signals.release());
  return finishForeground(call, job, reading);
}

/** The worker becomes a child of that short-lived process, and an orphan with its exit. */
async function enqueueByChild(call: Call, draft: JobDraft, input?: JobInput): Promise<Launched> {
  const { out } = call;
  const args = [call.program, 'enqueue-draft', '--json', '--cwd', call.context.cwd];
  const descriptor = typeof input === 'number' ? input : undefined;
  const surroundings = { environment: call.context.environment, descriptor };
  const { stdout, code, signal } = await runOwnProgram(args, handedOver(draft, input), surroundings).catch(
    (cause) => {
      const code = systemCode(cause) === 'E2BIG' ? 'usage' : 'wrong-state';
      throw new CompanionError(code, `Nothing was started: ${messageOf(cause)}.`, { cause });
    },
  );
  const answer = answerOf(stdout);
  if (code === 0 && answer && 'jobId' in answer) return answer as unknown as Launched;
  if (answer && isTold(answer.error)) {
    const { code: error, message, hint } = answer.error;
    throw new CompanionError(error, message, hint ? { hint } : {});
  }
  throw new CompanionError(
    'wrong-state',
    `The process that enqueues the job ended with ${code ?? signal} before it told the id; the job may run or not.`,
    { hint: out.command('status') },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function answerOf(stdout: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined; // it died; the caller says with what
  }
}

function isTold(error: unknown): error is { code: ErrorCode; message: string; hint: string | null } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    Object.hasOwn(EXIT_OF_ERROR, String(error.code))
  );
}

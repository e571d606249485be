import type { JobRequest } from '../../domain/job/job.ts';
import { KINDS } from '../../domain/job/kinds.ts';
import { requireUtf8Environment } from '../../process/own-bytes.ts';
import { jobFiles } from '../../state/job/job-directory.ts';
import { readNumber } from '../../state/job/numbers.ts';
import { jobDirectory } from '../../state/layout.ts';
import type { JobDraft, JobInput } from '../../use-cases/jobs/enqueue.ts';
import { enqueue } from '../../use-cases/jobs/enqueue.ts';
import type { Call } from './command.ts';
import { EXIT_DONE } from './exit-codes.ts';
import { type Output, OutputClosed } from './output.ts';
import { toType } from './render/spoken.ts';

/** What `--background` prints, with the keys of 1.0.5. */
export interface Launched {
  jobId: string;
  /** its short number in the workspace */
  number: number | null;
  status: 'queued';
  title: string;
  summary: string;
  logFile: string;
}

/**
 * Enqueues the draft, and unless it is for the background waits for its end. `input`: what its command reads; `told` goes
 * into the JSON of the answer.
 */
export async function launch(
  call: Call,
  draft: JobDraft,
  { input, told }: { input?: JobInput | undefined; told?: object | undefined } = {},
): Promise<number> {
  requireUtf8Environment(call.context.environment);
  if (!draft.background) {
    const { launchAndWait } = await import('./following/foreground.ts');
    return launchAndWait(call, draft, input);
  }
  const launched = launchedJob(call, await enqueue(call.context, draft, { input }));
  const { out } = call;
  tellOrTalk(out, { ...launched, ...told }, () => {
    const way = KINDS[draft.kind].resultAs === 'answer' ? 'result' : 'logs';
    const job = toType(call, { id: launched.jobId, number: launched.number });
    const number = job === launched.jobId ? '' : `${job}, `;
    return `${draft.title} started in the background as ${number}${launched.jobId}.\n${[
      `Progress: ${out.command('status', job)}`,
      `${way === 'result' ? 'Result' : 'Output'}: ${out.command(way, job)}`,
      `Stop: ${out.command('cancel', job)}`,
    ].join('\n')}\n`;
  });
  return EXIT_DONE;
}

/** The job runs: where its id cannot go to stdout, it goes to stderr. */
function tellOrTalk(out: Output, launched: Launched, text: () => string): void {
  try {
    out.answer(launched, text);
  } catch (error) {
    if (error instanceof OutputClosed) out.talk(`${launched.jobId} is started and goes on.`);
    throw error;
  }
}

export function launchedJob(call: Call, request: JobRequest): Launched {
  const { id, title, summary } = request;
  const directory = jobDirectory(call.context.layout, id);
  const logFile = jobFiles(directory).log;
  return { jobId: id, number: readNumber(directory) ?? null, status: 'queued', title, summary, logFile };
}

import { CompanionError } from '../../../domain/base/errors.ts';
import { survey } from '../../../use-cases/jobs/survey.ts';
import {
  belongsTo,
  type FoundJob,
  findJob,
  type LatestWish,
  latestJob,
} from '../../../use-cases/reading/find-job.ts';
import type { Call } from '../command.ts';

/** The one job that a call names, or the latest of the given stage where it names none. */
export async function namedJob(
  call: Call,
  stage: LatestWish['stage'],
  options: Pick<LatestWish, 'onlyOwn'> = {},
): Promise<FoundJob> {
  const [reference, ...more] = call.words;
  if (more.length > 0)
    throw new CompanionError('usage', `${call.verb} takes one job; it was given ${call.words.length}.`, {
      hint: `codex-companion ${call.verb} --help`,
    });
  return reference === undefined ? latest(call, stage, options) : findJob(call.context, reference);
}

/** The jobs that a call names; without a name the latest live one, else the latest of all, which has ended. */
export async function namedJobs(call: Call): Promise<FoundJob[]> {
  if (call.words.length > 0) {
    const found = call.words.map((word) => findJob(call.context, word));
    return [...new Map(found.map((job) => [job.id, job])).values()];
  }
  try {
    return [await latest(call, 'live')];
  } catch (error) {
    if (!(error instanceof CompanionError) || error.code !== 'unknown-job') throw error;
    return [await latest(call, 'any')];
  }
}

/** The live jobs that are the caller's own (in a plain terminal all are), and the others. */
export async function liveJobs(call: Call): Promise<{ own: FoundJob[]; others: FoundJob[] }> {
  const { layout } = call.context;
  const session = call.origin();
  const { live } = await survey(layout);
  const jobs = live.map(({ facts: { request } }) => ({
    job: { id: request.id, layout },
    own: session === null || belongsTo(request, session),
  }));
  const those = (own: boolean) => jobs.filter((one) => one.own === own).map(({ job }) => job);
  return { own: those(true), others: those(false) };
}

async function latest(
  call: Call,
  stage: LatestWish['stage'],
  options: Pick<LatestWish, 'onlyOwn'> = {},
): Promise<FoundJob> {
  // A job that ended this moment may still stand as live in the index.
  if (stage !== 'any') await survey(call.context.layout);
  return latestJob(call.context, { session: call.origin(), stage, ...options });
}

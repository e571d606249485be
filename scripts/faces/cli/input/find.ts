import { CompanionError } from '../../../domain/base/errors.ts';
import { quotedIfNeeded } from '../../../domain/shell/quote.ts';
import { echo } from '../../../domain/text/harmless.ts';
import { shorten } from '../../../domain/text/shorten.ts';
import { isReferenceWord } from '../../../domain/workspace/reference.ts';
import { survey } from '../../../use-cases/jobs/survey.ts';
import { type FoundJob, findJob, type LatestWish, latestJob } from '../../../use-cases/reading/find-job.ts';
import { belongsTo, isLocal, isReference } from '../../../use-cases/reading/references.ts';
import type { Call } from '../command.ts';

/** The one job that a call names, or the latest of the given stage where it names none. */
export async function namedJob(
  call: Call,
  stage: LatestWish['stage'],
  options: Pick<LatestWish, 'onlyOwn'> = {},
): Promise<FoundJob> {
  const [reference, ...more] = references(call);
  if (more.length > 0)
    throw new CompanionError('usage', `${call.verb} takes one job; it was given ${call.words.length}.`, {
      hint: `codex-companion ${call.verb} --help`,
    });
  return reference === undefined ? latest(call, stage, options) : theJob(call, reference);
}

/** The jobs that a call names; without a name all live ones that are the caller's own, which is said; none where none lives. */
export async function namedJobs(call: Call): Promise<FoundJob[]> {
  if (call.words.length > 0) {
    const found: FoundJob[] = [];
    for (const word of references(call)) found.push(await theJob(call, word));
    return [...new Map(found.map((job) => [job.id, job])).values()];
  }
  const { own } = await liveJobs(call);
  if (own.length === 0) return [];
  call.out.talk(`codex-companion: waiting for ${own.map(described).join(', ')}`);
  return own;
}

/** Words of a name with spaces in it are one reference, where they came in one text; where a shell took them apart, that is said. */
function references({ context, inOnePiece, out, verb, words }: Call): string[] {
  const whole = words.join(' ');
  if (words.length < 2 || !isReference(context.layout, whole)) return words;
  if (inOnePiece) return [whole];
  if (words.every((word) => isReference(context.layout, word))) return words;
  throw new CompanionError('usage', `The name ${echo(whole)} has spaces in it and needs quotes.`, {
    hint: out.command(verb, quotedIfNeeded(whole)),
  });
}

async function theJob(call: Call, reference: string): Promise<FoundJob> {
  // What ended or was accepted by an older version this moment may not stand in the index as it should.
  if (isLocal(reference)) await survey(call.context.layout);
  return findJob(call.context, reference, isReferenceWord(reference) ? call.origin() : null);
}

export interface LiveJob extends FoundJob {
  summary: string;
}

/** The live jobs that are the caller's own (in a plain terminal all are), and the others. */
export async function liveJobs(call: Call): Promise<{ own: LiveJob[]; others: LiveJob[] }> {
  const { layout } = call.context;
  const session = call.origin();
  const { live } = await survey(layout);
  const jobs = live.map(({ facts: { request } }) => ({
    job: { id: request.id, layout, summary: request.summary },
    own: session === null || belongsTo(request, session),
  }));
  const those = (own: boolean) => jobs.filter((one) => one.own === own).map(({ job }) => job);
  return { own: those(true), others: those(false) };
}

/**
 * For what is done to a job and cannot be taken back by the reader of its answer: the one that is named, or the only one
 * there is. Of several none is chosen: `ambiguous-job` names them. @param fits which of the live ones come into question
 */
export async function onlyJob(call: Call, fits: (job: LiveJob) => boolean = () => true): Promise<FoundJob> {
  if (call.words.length > 0) return namedJob(call, 'live');
  const own = (await liveJobs(call)).own.filter(fits);
  const [only, ...more] = own;
  if (!only) return latest(call, 'live', { onlyOwn: true });
  if (more.length === 0) return only;
  const which = own.map(({ id }) => call.out.command(call.verb, id)).slice(0, CHOICES);
  throw new CompanionError(
    'ambiguous-job',
    `${own.length} jobs come into question, so it has to be said which: ${own.map(described).join(', ')}. Nothing was done.`,
    { hint: which.join('   or   ') },
  );
}

/** So many lines are offered to be typed; the jobs are all named. */
const CHOICES = 3;

function described({ id, summary }: LiveJob): string {
  return `${id} (${shorten(summary, 40)})`;
}

export async function latest(
  call: Call,
  stage: LatestWish['stage'],
  options: Pick<LatestWish, 'onlyOwn'> = {},
): Promise<FoundJob> {
  // A job that ended this moment may still stand as live in the index.
  if (stage !== 'any') await survey(call.context.layout);
  return latestJob(call.context, { session: call.origin(), stage, ...options });
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CompanionError } from '../../domain/base/errors.ts';
import type { HostName } from '../../domain/base/hosts.ts';
import { compareText } from '../../domain/base/order.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import { echo } from '../../domain/text/harmless.ts';
import { hasFailed } from '../../domain/workspace/job-filter.ts';
import {
  isReferenceWord,
  nameOf,
  numberIn,
  SHORTEST_SUFFIX,
  WORDS,
} from '../../domain/workspace/reference.ts';
import { type IndexedJob, liveJobs } from '../../domain/workspace/workspace-state.ts';
import { listJobIds } from '../../state/job/job-directory.ts';
import { jobWithNumber } from '../../state/job/numbers.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { readHistory } from '../../state/workspace/history.ts';
import { readState } from '../../state/workspace/store.ts';
import { orPassOver, saysNothing } from './one-of-many.ts';
import { unacceptedRequest } from './unaccepted.ts';

/** Whose jobs a word like @last means first; null in a plain terminal. */
export type Asker = { host: HostName; sessionId: string } | null;

/**
 * The ids that a reference can mean in one workspace, each way of naming a job after the other: the first one that finds
 * any decides. So a name is never taken for the beginning of an id, and a number never for the end of one.
 */
export function meantBy(layout: WorkspaceLayout, reference: string, asker: Asker): string[] {
  if (!existsSync(layout.directory)) return [];
  const way = wayOf(reference);
  return way === 'text' ? byText(layout, reference) : way(layout, asker);
}

/** Whether it could mean a job of this workspace. */
export function isReference(layout: WorkspaceLayout, text: string): boolean {
  return (!text.startsWith('@') || isReferenceWord(text)) && meantBy(layout, text, null).length > 0;
}

type Way = (layout: WorkspaceLayout, asker: Asker) => string[];

function wayOf(reference: string): Way | 'text' {
  const number = numberIn(reference);
  if (number !== undefined) return (layout) => byNumber(layout, number);
  if (!reference.startsWith('@')) return 'text';
  if (isReferenceWord(reference)) return BY_WORD[reference];
  throw new CompanionError(
    'usage',
    `There is no ${echo(reference)}; there are ${Object.keys(WORDS).join(', ')}.`,
    {
      hint: 'codex-companion status',
    },
  );
}

/** True for what means a job of this workspace alone: elsewhere the same number or word is another job. */
export function isLocal(reference: string): boolean {
  return numberIn(reference) !== undefined || isReferenceWord(reference);
}

const BY_WORD: Record<keyof typeof WORDS, Way> = {
  '@last': (layout, asker) => latest(readState(layout).jobs, asker, ({ createdAt }) => createdAt),
  '@failed': (layout, asker) =>
    latest(
      readState(layout).jobs.filter(({ finished }) => hasFailed(finished)),
      asker,
      ({ finished }) => finished?.finishedAt ?? '',
    ),
};

function latest(jobs: IndexedJob[], asker: Asker, when: (job: IndexedJob) => string): string[] {
  const newest = [...jobs].sort((a, b) => compareText(when(b), when(a)));
  const chosen = newest.find((job) => belongsTo(job, asker)) ?? newest[0];
  return chosen ? [chosen.id] : [];
}

export function belongsTo(job: Pick<IndexedJob, 'origin'>, asker: Asker): boolean {
  return asker !== null && job.origin?.host === asker.host && job.origin.sessionId === asker.sessionId;
}

function byNumber(layout: WorkspaceLayout, number: number): string[] {
  const id = jobWithNumber(layout, number);
  return id !== undefined && isJob(layout, id) ? [id] : [];
}

function byText(layout: WorkspaceLayout, reference: string): string[] {
  if (JOB_ID.test(reference) && isJob(layout, reference)) return [reference];
  const named = byName(layout, reference);
  if (named.length > 0 || !/^[a-z0-9-]+$/.test(reference)) return named;
  const begins = byId(layout, (id) => id.startsWith(reference));
  if (begins.length > 0 || reference.length < SHORTEST_SUFFIX) return begins;
  return byId(layout, (id) => id.endsWith(reference));
}

/** The live ones of that name; where none lives the latest, also of those that only the history lists. */
function byName(layout: WorkspaceLayout, name: string): string[] {
  const state = orPassOver(layout.directory, () => readState(layout), saysNothing);
  const bears = (job: IndexedJob) => nameOf(job) === name;
  const live = state ? liveJobs(state).filter(bears) : [];
  if (live.length > 0) return live.map(({ id }) => id);
  const listed = state?.jobs.filter(bears) ?? [];
  const ended = listed.length > 0 ? listed : readHistory(layout).filter(bears);
  const there = ended.filter(({ id }) => isJob(layout, id));
  return latest(there, null, ({ createdAt }) => createdAt);
}

function byId(layout: WorkspaceLayout, isMeant: (id: string) => boolean): string[] {
  const onDisk = listJobIds(layout.jobs).filter((id) => isMeant(id) && isJob(layout, id));
  return onDisk.length > 0 ? onDisk : listedAlone(layout, isMeant);
}

/** A directory without a request is of no job that was ever accepted. */
function isJob(layout: WorkspaceLayout, id: string): boolean {
  return existsSync(join(layout.jobs, id, 'request.json')) && !unacceptedRequest(layout, id);
}

/** Live jobs of which nothing can be read but their entry in the index: whoever names one means it, too. */
function listedAlone(layout: WorkspaceLayout, isMeant: (id: string) => boolean): string[] {
  const state = orPassOver(layout.directory, () => readState(layout), saysNothing);
  return state ? liveJobs(state).flatMap(({ id }) => (isMeant(id) ? [id] : [])) : [];
}

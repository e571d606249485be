import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../domain/base/bytes.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import { compareText } from '../../domain/base/order.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import { WHY_REMOVED } from '../../domain/job/retention.ts';
import { echo } from '../../domain/text/harmless.ts';
import { shorten } from '../../domain/text/shorten.ts';
import { isReferenceWord, nameOf, numberIn } from '../../domain/workspace/reference.ts';
import { type IndexedJob, liveJobs } from '../../domain/workspace/workspace-state.ts';
import { namesIn } from '../../state/files/names-in.ts';
import { listJobIds, readRequest } from '../../state/job/job-directory.ts';
import { readNumber } from '../../state/job/numbers.ts';
import { removedJobs } from '../../state/job/stored-jobs.ts';
import { jobDirectory, layoutAt, type WorkspaceLayout } from '../../state/layout.ts';
import { readState, rootOnRecord } from '../../state/workspace/store.ts';
import type { Context } from '../context.ts';
import { orPassOver, saysNothing } from './one-of-many.ts';
import { type Asker, belongsTo, isLocal, meantBy } from './references.ts';

/** A job and the workspace that it belongs to, which need not be the one asked from. */
export interface FoundJob {
  id: string;
  layout: WorkspaceLayout;
}

/**
 * The job that `reference` names: its number here, its name here, `@last` or `@failed`, or its id, or enough of that, in this
 * workspace, else in any. Throws `unknown-job`, or `ambiguous-job` with the candidates.
 *
 * @param asker whose jobs are meant first by `@last` and `@failed`
 */
export function findJob(context: Context, reference: string, asker: Asker = null): FoundJob {
  const [only, ...more] = inFirst(context, reference, asker);
  if (!only) throw removedOrUnknown(context, reference);
  if (more.length === 0) return only;
  const all = [only, ...more];
  const candidates = all.slice(0, CANDIDATES).map(described);
  const others = all.length > CANDIDATES ? ` and ${all.length - CANDIDATES} more` : '';
  throw new CompanionError(
    'ambiguous-job',
    `${echo(reference)} matches ${all.length} jobs: ${candidates.join(', ')}${others}.`,
    { hint: 'Name one of them by its number, or by more of its id.' },
  );
}

const CANDIDATES = 8;

/** `12 tests run-… (npm test)` */
function described({ id, layout }: FoundJob): string {
  const directory = jobDirectory(layout, id);
  const request = orPassOver(id, () => readRequest(directory), saysNothing);
  const words = [readNumber(directory), request && nameOf(request), id].filter(Boolean).join(' ');
  return request?.summary ? `${words} (${shorten(request.summary, 40)})` : words;
}

/** What is found in this workspace, else in all others; there by the id alone. */
function inFirst(context: Context, reference: string, asker: Asker): FoundJob[] {
  const search = (layout: WorkspaceLayout) => meantBy(layout, reference, asker).map((id) => ({ id, layout }));
  const here = search(context.layout);
  if (here.length > 0 || isLocal(reference)) return here;
  const elsewhere = searchOthers(context, reference, search);
  const named = elsewhere.find(({ id }) => !id.startsWith(reference) && !id.endsWith(reference));
  if (named) throw otherDirectory(reference, named);
  return elsewhere;
}

/** Of the other workspaces those are opened where an id lies alone, before all are. */
function searchOthers(
  context: Context,
  reference: string,
  search: (layout: WorkspaceLayout) => FoundJob[],
): FoundJob[] {
  const others = otherDirectories(context);
  const exact = JOB_ID.test(reference)
    ? others.filter((one) => existsSync(join(one, 'jobs', reference)))
    : [];
  const found = (directories: string[]) =>
    directories.flatMap((directory) => search(workspaceAt(context.root, directory)));
  const there = found(exact);
  return there.length > 0 ? there : found(others);
}

/** The same name may be another job tomorrow, and nobody is to be surprised in another project. */
function otherDirectory(reference: string, { id, layout }: FoundJob): CompanionError {
  const where = layout.workspaceRoot || 'another directory';
  return new CompanionError(
    'unknown-job',
    `No job here is called ${echo(reference)}; one in ${where} is: ${id}.`,
    {
      hint: `Name it by its id, or call from there: -C ${where}`,
    },
  );
}

/** A job that went by the limits of what is kept is not just unknown. */
function removedOrUnknown(context: Context, reference: string): CompanionError {
  const layouts = [context.layout, ...otherWorkspaces(context)];
  const [removed, ...more] = layouts.flatMap((layout) => removedJobs(layout, reference));
  if (!removed || more.length > 0)
    return new CompanionError('unknown-job', unknown(reference), {
      hint: 'codex-companion status --all',
    });
  const { id, at, bytes, why, outcome } = removed;
  return new CompanionError(
    'unknown-job',
    `${id} (${outcome}) was removed on ${at.slice(0, 10)} with its ${formatBytes(bytes)}: ${WHY_REMOVED[why]}.`,
    { hint: 'To keep more: codex-companion setup --keep-days N|none --keep-size SIZE|none' },
  );
}

/** Every other workspace that this user has state for. Its root is told by its jobs, or is unknown and not needed. */
export function otherWorkspaces(context: Pick<Context, 'root' | 'layout'>): WorkspaceLayout[] {
  return otherDirectories(context).map((path) => workspaceAt(context.root, path));
}

/** The directories of their state. */
export function otherDirectories(context: {
  root: string;
  layout: Pick<WorkspaceLayout, 'directory'>;
}): string[] {
  const directory = join(context.root, 'workspaces');
  return namesIn(directory)
    .map((name) => join(directory, name))
    .filter((path) => path !== context.layout.directory)
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory()); // a file manager, say, may have left something there
}

/** The workspace whose files lie in `directory`. */
export function workspaceAt(root: string, directory: string): WorkspaceLayout {
  const unnamed = layoutAt(root, '', directory);
  const named = rootOnRecord(unnamed);
  if (named) return layoutAt(root, named, directory);
  for (const id of listJobIds(unnamed.jobs)) {
    // A damaged request says so when that job is asked for; the next one tells the workspace's name, too.
    const request = orPassOver(id, () => readRequest(join(unnamed.jobs, id)), saysNothing);
    if (request) return layoutAt(root, request.workspaceRoot, directory);
  }
  return unnamed;
}

/** Which jobs a command without a job means. */
export interface LatestWish {
  session: Asker;
  /** `live`: for cancel; `finished`: for result; `any`: for logs */
  stage: 'live' | 'finished' | 'any';
  /** a session means its own jobs and nobody else's: for cancel, which must not hurt another session */
  onlyOwn?: boolean;
}

/** The latest job of this session, else of the workspace. Throws `unknown-job` where there is none. */
export function latestJob(context: Context, wish: LatestWish): FoundJob {
  const state = readState(context.layout);
  const candidates = (wish.stage === 'live' ? liveJobs(state) : state.jobs)
    .filter((job) => wish.stage !== 'finished' || job.finished)
    .sort((a, b) => compareText(sortKey(b, wish), sortKey(a, wish)));
  const own = candidates.find((job) => belongsTo(job, wish.session));
  if (!own && candidates[0] && wish.onlyOwn && wish.session) throw othersOnly(candidates);
  const chosen = own ?? candidates[0];
  if (chosen) return { id: chosen.id, layout: context.layout };
  const what = wish.stage === 'any' ? '' : ` ${wish.stage === 'live' ? 'running' : 'finished'}`;
  throw new CompanionError('unknown-job', `There is no${what} job in ${context.layout.workspaceRoot}.`, {
    hint: 'codex-companion status --all',
  });
}

function unknown(reference: string): string {
  const number = numberIn(reference);
  if (number !== undefined) return `No job here has the number ${number}.`;
  return isReferenceWord(reference)
    ? `There is no job that ${reference} could mean.`
    : `No job matches ${echo(reference)}.`;
}

function othersOnly(candidates: IndexedJob[]): CompanionError {
  const ids = candidates.slice(0, 8).map((job) => job.id);
  return new CompanionError(
    'unknown-job',
    `No job of this session is running; others are: ${ids.join(', ')}.`,
    {
      hint: 'Name the job that you mean.',
    },
  );
}

function sortKey(job: IndexedJob, wish: LatestWish): string {
  return (wish.stage === 'finished' ? job.finished?.finishedAt : undefined) ?? job.createdAt;
}

import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../domain/base/bytes.ts';
import { CompanionError } from '../../domain/base/errors.ts';
import type { HostName } from '../../domain/base/hosts.ts';
import { compareText } from '../../domain/base/order.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import { WHY_REMOVED } from '../../domain/job/retention.ts';
import { echo } from '../../domain/text/harmless.ts';
import { type IndexedJob, liveJobs } from '../../domain/workspace/workspace-state.ts';
import { namesIn } from '../../state/files/names-in.ts';
import { listJobIds, readRequest } from '../../state/job/job-directory.ts';
import { removedJobs } from '../../state/job/stored-jobs.ts';
import { layoutAt, type WorkspaceLayout } from '../../state/layout.ts';
import { readState, rootOnRecord } from '../../state/workspace/store.ts';
import type { Context } from '../context.ts';
import { orPassOver, saysNothing } from './one-of-many.ts';
import { unacceptedRequest } from './unaccepted.ts';

/** A job and the workspace that it belongs to, which need not be the one asked from. */
export interface FoundJob {
  id: string;
  layout: WorkspaceLayout;
}

/**
 * The job that `reference` names: an id or a unique prefix of one, in this workspace, else in any.
 * Throws `unknown-job`, or `ambiguous-job` with the candidates.
 */
export function findJob(context: Context, reference: string): FoundJob {
  const found = inFirst(context, reference, (layout) => matching(layout, reference));
  const exact = found.find((job) => job.id === reference);
  if (exact) return exact;
  const [only, ...more] = found;
  if (only && more.length === 0) return only;
  if (!only) throw removedOrUnknown(context, reference);
  const candidates = found
    .slice(0, 8)
    .map((job) => job.id)
    .join(', ');
  throw new CompanionError(
    'ambiguous-job',
    `${echo(reference)} matches ${found.length} jobs: ${candidates}.`,
    {
      hint: 'Give more characters of the id.',
    },
  );
}

/** What is found in this workspace, else in all others; those are opened where they may have it alone. */
function inFirst(
  context: Context,
  reference: string,
  search: (layout: WorkspaceLayout) => FoundJob[],
): FoundJob[] {
  const here = search(context.layout);
  if (here.length > 0) return here;
  const others = otherDirectories(context);
  const exact = JOB_ID.test(reference)
    ? others.filter((one) => existsSync(join(one, 'jobs', reference)))
    : [];
  const found = (directories: string[]) =>
    directories.flatMap((directory) => search(workspaceAt(context.root, directory)));
  const there = found(exact);
  return there.length > 0 ? there : found(others);
}

/** A job that went by the limits of what is kept is not just unknown. */
function removedOrUnknown(context: Context, reference: string): CompanionError {
  const layouts = [context.layout, ...otherWorkspaces(context)];
  const [removed, ...more] = layouts.flatMap((layout) => removedJobs(layout, reference));
  if (!removed || more.length > 0)
    return new CompanionError('unknown-job', `No job matches ${echo(reference)}.`, {
      hint: 'codex-companion status --all',
    });
  const { id, at, bytes, why, outcome } = removed;
  return new CompanionError(
    'unknown-job',
    `${id} (${outcome}) was removed on ${at.slice(0, 10)} with its ${formatBytes(bytes)}: ${WHY_REMOVED[why]}.`,
    { hint: 'To keep more: codex-companion setup --keep-days N|none --keep-size SIZE|none' },
  );
}

function matching(layout: WorkspaceLayout, reference: string): FoundJob[] {
  // A directory without a request is of no job that was ever accepted.
  const isJob = (id: string) =>
    existsSync(join(layout.jobs, id, 'request.json')) && !unacceptedRequest(layout, id);
  if (JOB_ID.test(reference) && isJob(reference)) return [{ id: reference, layout }];
  if (!/^[a-z0-9-]+$/.test(reference)) return [];
  const isMeant = (id: string) => id.startsWith(reference);
  const onDisk = listJobIds(layout.jobs).filter((id) => isMeant(id) && isJob(id));
  const found = onDisk.length > 0 ? onDisk : listedAlone(layout, isMeant);
  return found.map((id) => ({ id, layout }));
}

/** Live jobs of which nothing can be read but their entry in the index: whoever names one means it, too. */
function listedAlone(layout: WorkspaceLayout, isMeant: (id: string) => boolean): string[] {
  if (!existsSync(layout.directory)) return [];
  const state = orPassOver(layout.directory, () => readState(layout), saysNothing);
  return state ? liveJobs(state).flatMap(({ id }) => (isMeant(id) ? [id] : [])) : [];
}

/** Every other workspace that this user has state for. Its root is told by its jobs, or is unknown and not needed. */
export function otherWorkspaces(context: Pick<Context, 'root' | 'layout'>): WorkspaceLayout[] {
  return otherDirectories(context).map((path) => workspaceAt(context.root, path));
}

function otherDirectories(context: Pick<Context, 'root' | 'layout'>): string[] {
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
  session: { host: HostName; sessionId: string } | null;
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

export function belongsTo(job: Pick<IndexedJob, 'origin'>, session: LatestWish['session']): boolean {
  return session !== null && job.origin?.host === session.host && job.origin.sessionId === session.sessionId;
}

function sortKey(job: IndexedJob, wish: LatestWish): string {
  return (wish.stage === 'finished' ? job.finished?.finishedAt : undefined) ?? job.createdAt;
}

import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { JobRequest, Origin } from '../../domain/job/job.ts';
import { isShellJob, jobId } from '../../domain/job/kinds.ts';
import { type Limits, NO_LIMITS } from '../../domain/job/limits.ts';
import type { PlaceName } from '../../domain/job/place.ts';
import type { JobKind } from '../../domain/job/specs.ts';
import { indexEntry, withJob, withSession } from '../../domain/workspace/workspace-state.ts';
import { PLACES, placeOf } from '../../places/places.ts';
import { now } from '../../process/clock.ts';
import { jobEnvironment } from '../../process/environment.ts';
import { ownIdentity } from '../../process/identity.ts';
import { insideCodexSandbox } from '../../process/sandbox.ts';
import { makePrivateDirectory, requireOwnDirectory } from '../../state/files/durable.ts';
import { removeTree } from '../../state/files/remove.ts';
import { warn } from '../../state/files/warnings.ts';
import { claimJob, createJobDirectory, jobFiles, recordSpawned } from '../../state/job/job-directory.ts';
import { forgetOwnedJob, noteOwnedJob } from '../../state/session/owned-jobs.ts';
import { update } from '../../state/workspace/store.ts';
import { noteWorktree } from '../../state/worktrees.ts';
import type { Context } from '../context.ts';
import { ensureRuntime } from './runtime.ts';
import { settle } from './settle.ts';
import { sentTo, type Worker, workerOf } from './worker-command.ts';

/** A job as it is asked for; what is missing is stamped on at enqueue. */
export type JobDraft = {
  title: string;
  summary: string;
  background: boolean;
  /** missing: this machine */
  place?: PlaceName;
  limits: Limits;
  origin: Origin | null;
  onComplete?: string;
} & Spec<JobRequest>;

export interface EnqueueOptions {
  input?: JobInput | undefined;
  /** called when all is prepared: from here on there may be a job of that id, also where we are killed */
  beforeAcceptance?(request: JobRequest): void;
}

/**
 * What a shell job reads, where that is no file that its spec names: an open descriptor of ours, which stays open, or
 * bytes, which go into the job's directory.
 */
export type JobInput = number | Uint8Array;

type Spec<R> = R extends { kind: JobKind; spec: unknown } ? Pick<R, 'kind' | 'spec'> : never;

/**
 * Accepts a job and starts its worker. Order: request → record → spawn; the worker claims. When this returns, request,
 * record and their directories are on disk. When it throws, nothing was started and no job is left behind.
 */
export async function enqueue(
  context: Context,
  draft: JobDraft,
  { input: given, beforeAcceptance }: EnqueueOptions = {},
): Promise<JobRequest> {
  using named = held(openNamed(draft));
  refuseInSandbox(context);
  await requirePlace(context, draft.place ?? 'local');
  prepareRoot(context);
  const request = stamp(context, draft, ensureRuntime(context));
  const worker = workerOf(request);
  beforeAcceptance?.(request);
  const [open, bytes] = typeof given === 'number' ? [given, undefined] : [named.fd, given];
  const directory = await record(context, request, { wrapper: worker.sheet, input: bytes });
  using kept = held(bytes && openSync(jobFiles(directory).input, 'r'));
  await startWorker(context, request, { ...worker, directory, input: open ?? kept.fd });
  return request;
}

function held(fd: number | undefined): Disposable & { fd: number | undefined } {
  return { fd, [Symbol.dispose]: () => fd !== undefined && closeSync(fd) };
}

/** Now, so that what becomes of the file's name later does not matter. */
function openNamed(draft: JobDraft): number | undefined {
  const path = isShellJob(draft) ? draft.spec.stdin : undefined;
  if (path === undefined) return undefined;
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new CompanionError('usage', `Cannot read ${path} (${systemCode(cause)}). Nothing was started.`, {
      cause,
    });
  }
}

function refuseInSandbox(context: Context): void {
  if (!insideCodexSandbox(context.environment)) return;
  throw new CompanionError(
    'sandboxed',
    'This shell is inside the Codex sandbox: a job started here would be killed with this command. Nothing was started.',
    { hint: 'Ask for approval to run the same command outside the sandbox (escalated permissions).' },
  );
}

async function requirePlace(context: Context, place: PlaceName): Promise<void> {
  const obstacle = await PLACES[place].obstacle(
    jobEnvironment(context.environment, ''),
    context.layout.workspaceRoot,
  );
  if (!obstacle) return;
  throw new CompanionError('usage', `${obstacle.sentence} Nothing was started.`, { hint: obstacle.hint });
}

function prepareRoot(context: Context): void {
  makePrivateDirectory(context.root);
  requireOwnDirectory(context.root);
}

function stamp(context: Context, draft: JobDraft, runtime: string): JobRequest {
  const { kind, spec, ...rest } = draft;
  const random = BigInt(`0x${randomBytes(7).toString('hex')}`).toString(36);
  const stamped = {
    version: 1 as const,
    id: jobId(kind, Date.now(), random),
    ...rest,
    place: draft.place ?? 'local',
    limits: { ...NO_LIMITS, ...draft.limits },
    createdAt: now(),
    workspaceRoot: context.layout.workspaceRoot,
    cwd: context.cwd,
    enqueuedBy: ownIdentity(),
    node: process.execPath,
    runtime,
  };
  return { ...stamped, kind, spec } as JobRequest;
}

async function record(
  context: Context,
  request: JobRequest,
  contents: { wrapper: string | undefined; input: Uint8Array | undefined },
): Promise<string> {
  makePrivateDirectory(context.layout.jobs);
  requireOwnDirectory(context.layout.jobs);
  const directory = createJobDirectory(context.layout.jobs, request, contents);
  try {
    noteWorktree(context.layout);
    if (request.origin) noteOwnedJob(context.root, request.origin, request.id, context.layout);
    await update(context.layout, (state) => {
      const { origin } = request;
      const known =
        !origin || state.sessions.some((one) => one.host === origin.host && one.id === origin.sessionId);
      const listed = withJob(state, indexEntry(request));
      if (!origin || known) return listed;
      const { host, sessionId, client } = origin;
      return withSession(listed, {
        host,
        id: sessionId,
        client,
        startedAt: request.createdAt,
        endedAt: null,
      });
    });
  } catch (error) {
    // Not accepted: no id was printed, so nothing of it may stay.
    removeTree(directory);
    if (request.origin) forgetOwnedJob(context.root, request.origin, request.id);
    throw error;
  }
  return directory;
}

async function startWorker(
  context: Context,
  request: JobRequest,
  { directory, input, ...worker }: Worker & { directory: string; input: number | undefined },
): Promise<void> {
  const env = await worker.environment(context.environment);
  try {
    const started = await placeOf(request).start({
      ...worker.command(env),
      ...{ jobId: request.id, env: sentTo(directory, env), log: jobFiles(directory).log },
      workspace: request.workspaceRoot,
      ...(input === undefined ? {} : { input }),
    });
    noteWorker(directory, started);
  } catch (error) {
    const reason = `Its worker could not be started: ${error instanceof Error ? error.message : String(error)}.`;
    claimJob(directory, { kind: 'abandoned', reason, at: now() });
    await settle(context.layout, request.id);
    const code = systemCode(error) === 'E2BIG' ? 'usage' : 'wrong-state';
    throw new CompanionError(code, `${request.id}: ${reason}`, { cause: error });
  }
}

/** It runs already: a disk that is full now must not make of it one that could not be started. */
function noteWorker(directory: string, worker: ProcessIdentity): void {
  try {
    recordSpawned(directory, worker);
  } catch (error) {
    if (!(error instanceof CompanionError) || error.code !== 'state-not-writable') throw error;
    warn(`${error.message.split(';')[0]}. The job has been started all the same.`);
  }
}

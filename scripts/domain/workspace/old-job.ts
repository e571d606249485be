import type { ProcessIdentity } from '../base/identity.ts';
import type { JobOutcome } from '../job/evidence.ts';
import type { JobRequest, Origin, Timestamp } from '../job/job.ts';
import { JOB_ID } from '../job/kinds.ts';
import { NO_LIMITS } from '../job/limits.ts';
import type { JobKind, ReviewTarget } from '../job/specs.ts';

/**
 * A job of openai/codex-plugin-cc 1.0.5 as ours: its record in state.json, laid over by its own file jobs/<id>.json
 * where there is one. Everything in them is text from outside: what has another shape is left out, and no path from
 * them is ever used.
 */

export const OLD_PROGRAM = 'codex-plugin-cc 1.0.5';

export interface ImportedJob {
  request: JobRequest;
  outcome: JobOutcome;
  thread: { threadId: string; turnId: string | null } | null;
  /** what 1.0.5 stored as the job's result, and its text for people; null where it stored none */
  result: { payload: Record<string, unknown>; rendered: string } | null;
}

/** Where and by whom the import is done. */
export interface Importer {
  now: Timestamp;
  workspaceRoot: string;
  process: ProcessIdentity;
  node: string;
  runtime: string;
}

type Fields = Record<string, unknown>;

/** The job, or why it cannot be taken over. */
export function importedJob(indexed: Fields, file: Fields, importer: Importer): ImportedJob | string {
  const id = text(indexed.id, 64) ?? '';
  if (!JOB_ID.test(id)) return 'its id is not one of a job';
  const stored = file.id === id ? file : {};
  // The one that tells of an end is right: a killed 1.0.5 leaves the other behind.
  const job = isOver(stored) || !isOver(indexed) ? { ...indexed, ...stored } : { ...stored, ...indexed };
  const kind = kindOf(job);
  if (!kind) return 'it is of no known kind';
  const createdAt = time(job.createdAt) ?? time(job.startedAt) ?? time(job.updatedAt);
  if (!createdAt) return 'it has no valid time';
  const thread = text(job.threadId, 200);
  return {
    request: requestOf({ job, id, kind, createdAt }, importer),
    outcome: outcomeOf(job, importer.now),
    thread: thread === undefined ? null : { threadId: thread, turnId: text(job.turnId, 200) ?? null },
    result: resultOf(job),
  };
}

function requestOf(
  { job, id, kind, createdAt }: { job: Fields; id: string; kind: OldKind; createdAt: Timestamp },
  importer: Importer,
): JobRequest {
  const { now, workspaceRoot } = importer;
  const { spec, notRecorded } = SPECS[kind](job);
  const base = {
    version: 1,
    id,
    kind,
    title: text(job.title, 200) ?? 'Codex job',
    summary: text(job.summary, 1_000) ?? '',
    // 1.0.5 keeps the request of background tasks alone.
    background: isRecord(job.request),
    createdAt,
    workspaceRoot,
    cwd: workspaceRoot,
    origin: originOf(job),
    limits: NO_LIMITS,
    enqueuedBy: importer.process,
    node: importer.node,
    runtime: importer.runtime,
    imported: { from: OLD_PROGRAM, at: now, notRecorded: ['cwd', ...notRecorded] },
  };
  return { ...base, spec } as JobRequest;
}

/** The kinds that 1.0.5 knew. */
const OLD_KINDS = ['task', 'review', 'adversarial-review'] as const satisfies readonly JobKind[];
type OldKind = (typeof OLD_KINDS)[number];

/** Of a job without a kind its class tells, which is no `adversarial-review`. */
function kindOf(job: Fields): OldKind | undefined {
  return OLD_KINDS.find((kind) => kind === job.kind) ?? OLD_KINDS.find((kind) => kind === job.jobClass);
}

function originOf(job: Fields): Origin | null {
  const sessionId = text(job.sessionId, 512);
  return sessionId === undefined ? null : { host: 'claude-code', sessionId, client: null };
}

const SPECS: Record<OldKind, (job: Fields) => { spec: object; notRecorded: string[] }> = {
  task: taskOf,
  review: reviewOf,
  'adversarial-review': reviewOf,
};

function taskOf(job: Fields) {
  const request = isRecord(job.request) ? job.request : {};
  const prompt = typeof request.prompt === 'string' ? request.prompt : undefined;
  const model = text(request.model, 200) ?? null;
  const effort = text(request.effort, 200) ?? null;
  return {
    spec: { prompt: prompt ?? '', write: job.write === true, model, effort, resumeThreadId: null },
    notRecorded: isRecord(job.request) ? [] : ['prompt', 'model', 'effort'],
  };
}

function reviewOf(job: Fields) {
  const target = targetOf(isRecord(job.result) ? job.result.target : undefined);
  const unknown: ReviewTarget = { mode: 'working-tree', label: 'not recorded', explicit: false };
  return {
    spec: { target: target ?? unknown, model: null, focus: '' },
    notRecorded: ['model', 'focus', ...(target ? [] : ['target'])],
  };
}

function targetOf(value: unknown): ReviewTarget | undefined {
  if (!isRecord(value)) return undefined;
  const { mode, baseRef } = value;
  const label = text(value.label, 500);
  if ((mode !== 'working-tree' && mode !== 'branch') || label === undefined) return undefined;
  const base = text(baseRef, 500);
  return { mode, label, explicit: value.explicit === true, ...(base === undefined ? {} : { baseRef: base }) };
}

function isOver(job: Fields): boolean {
  return job.status === 'completed' || job.status === 'failed' || job.status === 'cancelled';
}

function outcomeOf(job: Fields, now: Timestamp): JobOutcome {
  const startedAt = time(job.startedAt) ?? null;
  const finishedAt = time(job.completedAt) ?? time(job.updatedAt) ?? now;
  const base = { startedAt, finishedAt, exitCode: null, signal: null, stillRunning: 0 };
  const said = text(job.errorMessage, 4_000);
  switch (job.status) {
    case 'completed':
      return { ...base, ending: 'completed', reason: 'It completed.' };
    case 'failed':
      return { ...base, ending: 'failed', reason: said ?? 'It failed; no reason is on record.' };
    case 'cancelled':
      return { ...base, ending: 'cancelled', by: 'the user', reason: said ?? 'Cancelled by the user.' };
    default: {
      const status = text(job.status, 40) ?? 'unknown';
      const reason = `Its status was “${status}” when the records of ${OLD_PROGRAM} were imported; how it ended is unknown.`;
      return { ...base, finishedAt: now, ending: 'lost', reason };
    }
  }
}

function resultOf(job: Fields): ImportedJob['result'] {
  const rendered = typeof job.rendered === 'string' ? job.rendered : '';
  if (isRecord(job.result)) return { payload: job.result, rendered };
  return rendered === '' ? null : { payload: {}, rendered };
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Non-empty text, cut at `limit`, each control character a space: it stands in tables. */
function text(value: unknown, limit: number): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, limit);
}

function time(value: unknown): Timestamp | undefined {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return undefined;
  return new Date(value).toISOString();
}

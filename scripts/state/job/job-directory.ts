import { lstatSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { aRecord, aString, Malformed } from '../../domain/base/check.ts';
import type { Place, ProcessIdentity } from '../../domain/base/identity.ts';
import type { Claim, ExitRecord, JobOutcome } from '../../domain/job/evidence.ts';
import type { JobRequest, StopRequest, Timestamp } from '../../domain/job/job.ts';
import { JOB_ID, leftoversOf } from '../../domain/job/kinds.ts';
import { aClaim, aJobRequest, anExitRecord, anOutcome, aStopRequest } from '../../domain/job/parse-job.ts';
import {
  createPrivateDirectory,
  readOwnFile,
  readOwnFileIfAny,
  requireOwnDirectory,
  syncDirectory,
  writeDurably,
  writeOnce,
} from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { removeTree } from '../files/remove.ts';
import { fromJob, UnreadableJob } from './unreadable.ts';

/**
 * The truth of one job, a file for each thing that happened. Everything else (state.json, history.jsonl) is an index.
 * `claim`, `stop`, `exit` and `command` are written as JSON by node and as `key=value` lines by the sh wrapper.
 */
export const jobFiles = (directory: string) => ({
  request: join(directory, 'request.json'),
  /** its short number in the workspace */
  number: join(directory, 'number'),
  /** the process that was started as the worker; no proof of anything but who it was */
  spawned: join(directory, 'spawned'),
  /** what the sh wrapper is told */
  wrapper: join(directory, 'wrapper'),
  /** what came through a pipe for the command to read */
  input: join(directory, 'input'),
  claim: join(directory, 'claim'),
  /** the process that a shell job's command became */
  command: join(directory, 'command'),
  stop: join(directory, 'stop'),
  /** who is carrying out the stop, and until when */
  stopper: join(directory, 'stopper'),
  /** there while its processes are stopped by `pause`; the watchdog's stall limit stands still then */
  paused: join(directory, 'paused'),
  exit: join(directory, 'exit'),
  /** processes that the command has left running, where the job is to see to them */
  left: join(directory, 'left'),
  outcome: join(directory, 'outcome.json'),
  log: join(directory, 'output.log'),
  progress: join(directory, 'progress.jsonl'),
  thread: join(directory, 'thread.json'),
  result: join(directory, 'result.json'),
  rendered: join(directory, 'result.md'),
});

/**
 * Makes the job's directory and its request durable. Nothing is started yet, and nobody else knows of it. Made aside and
 * renamed into place: an enqueuer that is killed here leaves no half job. `wrapper`: what its sh wrapper is told;
 * `input`: what its command is to read.
 */
export function createJobDirectory(
  jobs: string,
  request: JobRequest,
  { wrapper, input }: { wrapper?: string | undefined; input?: Uint8Array | undefined } = {},
): string {
  const directory = join(jobs, request.id);
  const aside = join(jobs, `${ASIDE}${request.id}`);
  createPrivateDirectory(aside);
  try {
    writeDurably(jobFiles(aside).request, `${JSON.stringify(request, null, 2)}\n`);
    // After a crash of the machine nobody starts from them.
    if (wrapper !== undefined) writeOnce(jobFiles(aside).wrapper, wrapper, { durable: false });
    if (input !== undefined) writeOnce(jobFiles(aside).input, input, { durable: false });
    renameSync(aside, directory);
  } catch (error) {
    removeTree(aside);
    throw error;
  }
  syncDirectory(jobs);
  return directory;
}

const ASIDE = 'new.';
/** Making one takes milliseconds; an enqueuer that was stopped for longer finds it gone, and accepts nothing. */
const ASIDE_LIMIT_MS = 600_000;

/** Removes directories of jobs that were never accepted, because their enqueuer was killed. */
export function removeAbandonedDirectories(jobs: string): void {
  for (const name of namesIn(jobs).filter((entry) => entry.startsWith(ASIDE))) {
    const path = join(jobs, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > ASIDE_LIMIT_MS) removeTree(path);
  }
}

export function readRequest(directory: string): JobRequest {
  const file = jobFiles(directory).request;
  return fromJob(file, () => {
    requireJobDirectory(directory);
    return aJobRequest(JSON.parse(readOwnFile(file)), 'request');
  });
}

/** The copy of the bundles that a job runs from, also of a kind that this version does not know. */
export function runtimeNamedBy(directory: string): string {
  const file = jobFiles(directory).request;
  return fromJob(file, () => aString(aRecord(JSON.parse(readOwnFile(file)), 'request').runtime, 'runtime'));
}

function requireJobDirectory(directory: string): void {
  if (lstatSync(directory).isFile())
    throw new UnreadableJob('gone', directory, `${directory} is a file, and no job’s directory any more.`);
  requireOwnDirectory(directory);
}

export function listJobIds(jobs: string): string[] {
  return namesIn(jobs).filter((name) => JOB_ID.test(name));
}

/** What stands in a job's directory at this moment. */
export interface JobFacts {
  directory: string;
  request: JobRequest;
  claim: Claim | null;
  stop: StopRequest | null;
  exit: ExitRecord | null;
  /** how many the command has left running, at most at a time; 0 where nobody has looked, or is to */
  leftBehind: number;
  outcome: JobOutcome | null;
  spawned: ProcessIdentity | null;
  command: ProcessIdentity | null;
}

export function readJobFacts(directory: string): JobFacts {
  const request = readRequest(directory);
  const files = jobFiles(directory);
  const { machine, boot, pidNamespace } = request.enqueuedBy;
  // The sh wrapper is a child of the enqueuer: the same machine, boot and namespace.
  const place = { machine, boot, pidNamespace };
  // The outcome is read first: whatever came before it is on disk by then.
  const outcome = readOutcome(directory);
  const exit = readExit(files.exit);
  return {
    directory,
    request,
    outcome,
    claim: read(files.claim, (value, at) => aClaim(claimFromShell(value, at, place), 'claim')),
    exit,
    leftBehind: exit && leftoversOf(request) !== 'leave' ? readLeftCount(files.left) : 0,
    stop: read(files.stop, (value, at) => aStopRequest(stopFromShell(value, at), 'stop')),
    spawned: readProcess(files.spawned, place),
    command: readProcess(files.command, place),
  };
}

/** How the job ended, if anybody has committed it. */
export function readOutcome(directory: string): JobOutcome | null {
  return read(jobFiles(directory).outcome, (value) => anOutcome(value, 'outcome'));
}

/**
 * The record of the end that a dead wrapper had written and could not put in its place (no process left for `mv`, or
 * killed there); null where it had not come that far. To be asked for when it is dead, and has left no `exit`.
 */
export function readLastWord(directory: string): ExitRecord | null {
  return readExit(`${jobFiles(directory).exit}.part`);
}

/** Null also for one without a word in it: the disk was full when the wrapper wrote it, and the status is lost. */
function readExit(file: string): ExitRecord | null {
  return read(file, (value, at) => {
    const isWhole = 'at' in value || value['ended-by'] === 'exit' || 'message' in value;
    return isWhole ? anExitRecord(exitFromShell(value, at), basename(file)) : null;
  });
}

/** Takes the right to decide the job's fate while it is queued. False: somebody else has it. */
export function claimJob(directory: string, claim: Claim): boolean {
  return writeOnce(jobFiles(directory).claim, `${JSON.stringify(claim)}\n`);
}

/** Says that the end was asked for, before anyone is signalled; the first request stands. */
export function requestStop(directory: string, stop: StopRequest): boolean {
  return writeOnce(jobFiles(directory).stop, `${JSON.stringify(stop)}\n`);
}

export function recordExit(directory: string, exit: ExitRecord): void {
  writeDurably(jobFiles(directory).exit, `${JSON.stringify(exit)}\n`);
}

/** For the wrapper, which watches them without looking at all processes, and for the outcome. */
export function noteLeft(directory: string, processes: Pick<ProcessIdentity, 'pid' | 'start'>[]): void {
  const file = jobFiles(directory).left;
  const count = Math.max(processes.length, readLeftCount(file));
  const lines = processes.map(({ pid, start }) => `pid=${pid}\nstart=${start}\n`);
  writeDurably(file, `count=${count}\n${lines.join('')}`);
}

function readLeftCount(file: string): number {
  return read(file, ({ count }) => Number(count) || 0) ?? 0;
}

export function recordSpawned(directory: string, identity: ProcessIdentity): void {
  // Not made durable: after a crash of the machine that process is dead, whoever it was.
  writeOnce(jobFiles(directory).spawned, `pid=${identity.pid}\nstart=${identity.start}\n`, {
    durable: false,
  });
}

/** The single commit point: the first outcome stands for ever. Returns the one that stands. */
export function commitOutcome(directory: string, outcome: JobOutcome): JobOutcome {
  const file = jobFiles(directory).outcome;
  if (writeOnce(file, `${JSON.stringify(outcome, null, 2)}\n`)) return outcome;
  return fromJob(file, () => anOutcome(JSON.parse(readOwnFile(file)), 'outcome'));
}

/** The thread of a Codex job, written as soon as it is known: what a later `--resume` needs. */
export interface ThreadNote {
  threadId: string;
  turnId: string | null;
}

export function noteThread(directory: string, note: ThreadNote): void {
  writeDurably(jobFiles(directory).thread, `${JSON.stringify(note)}\n`);
}

export function readThreadNote(directory: string): ThreadNote | null {
  return read(jobFiles(directory).thread, (value) => {
    const { threadId, turnId } = value;
    if (typeof threadId !== 'string') throw new Malformed('thread.threadId is not text');
    return { threadId, turnId: typeof turnId === 'string' ? turnId : null };
  });
}

/** The stored result of a job (keys as openai/codex-plugin-cc 1.0.5 prints them) and its text for people. */
export function writeResult(directory: string, payload: Record<string, unknown>, rendered: string): void {
  writeDurably(jobFiles(directory).rendered, rendered);
  writeDurably(jobFiles(directory).result, `${JSON.stringify(payload, null, 2)}\n`);
}

export function readResult(directory: string): { payload: Record<string, unknown>; rendered: string } | null {
  const payload = read(jobFiles(directory).result, (value) => value);
  if (!payload) return null;
  return { payload, rendered: readOwnFileIfAny(jobFiles(directory).rendered) ?? '' };
}

type Fields = Record<string, unknown>;

/** A small file of the job, or null where it does not exist or is not there whole. */
function read<T>(file: string, parse: (value: Fields, at: Timestamp) => T): T | null {
  return fromJob(file, () => {
    const text = readOwnFileIfAny(file);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (text === undefined || !stat) return null;
    const value: unknown = text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : Object.fromEntries(keyValues(text));
    return parse(value as Fields, stat.mtime.toISOString());
  });
}

function readProcess(file: string, place: Place): ProcessIdentity | null {
  const fields = read(file, (value) => value);
  const pid = Number(fields?.pid);
  if (!fields || !Number.isSafeInteger(pid) || pid <= 1 || typeof fields.start !== 'string') return null;
  return { ...place, pid, start: fields.start };
}

function* keyValues(text: string): Generator<[string, string]> {
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) yield [line.slice(0, equals), line.slice(equals + 1)];
  }
}

function claimFromShell(value: Fields, at: Timestamp, place: Place): Fields {
  if ('at' in value) return value;
  return { kind: value.kind, at, worker: { ...place, pid: Number(value.pid), start: value.start } };
}

function stopFromShell(value: Fields, at: Timestamp): Fields {
  if ('at' in value) return value;
  return { ...value, at, by: `its ${String(value.limit)} limit` };
}

function exitFromShell(value: Fields, at: Timestamp): Fields {
  if ('at' in value) return value;
  if ('error' in value)
    return { kind: 'not-started', at, error: value.error, message: value.message ?? value.error };
  return {
    kind: 'status',
    at,
    status: Number(value.status),
    limit: value.limit ?? null,
    signal: value.signal ?? null,
    oomKills: 'oom-kills' in value ? Number(value['oom-kills']) : null,
  };
}

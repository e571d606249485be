import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import { NotPlain, textOf, withPlainFile } from '../files/plain-file.ts';

/**
 * Reads what openai/codex-plugin-cc 1.0.5 kept of one workspace: `<slug>-<hash>/state.json`, and beside it
 * `jobs/<id>.json` and `jobs/<id>.log`. One of its places is below the temp directory, where anybody may have planted
 * it: only plain files and directories that belong to us count, and only at paths that are made here.
 */

export interface OldState {
  directory: string;
  /** undefined where the file does not say */
  stopReviewGate: boolean | undefined;
  jobs: OldRecord[];
  skipped: Skipped[];
}

export interface OldRecord {
  indexed: Record<string, unknown>;
  stored: Record<string, unknown>;
  log: string;
}

/** What was passed over, and why, for people. */
export interface Skipped {
  what: string;
  why: string;
}

/** Bytes. 1.0.5 keeps at most 50 jobs; a result is some hundred kB at most. */
const LIMIT = { state: 16 << 20, job: 32 << 20, log: 8 << 20 };
const JOBS_LIMIT = 500;

class NotTrusted extends Error {
  override readonly name = 'NotTrusted';
}

/** The workspace's directories below the given places. 1.0.5 takes the slug from a path that may go through a link. */
export function findOldStates(places: string[], workspaceHash: string): string[] {
  return places.flatMap((place) =>
    names(place)
      .filter((name) => name.endsWith(`-${workspaceHash}`))
      .map((name) => join(place, name)),
  );
}

/** Never throws for what stands there: what is damaged or not ours is in `skipped`. */
export function readOldState(place: string, directory: string): OldState {
  const state: OldState = { directory, stopReviewGate: undefined, jobs: [], skipped: [] };
  const file = join(directory, 'state.json');
  const index = attempt(state, file, () => {
    for (const above of [place, directory]) requirePlainDirectory(above);
    return anObject(readPlainFile(file, LIMIT.state));
  });
  if (!index) return state;
  const config = isObject(index.config) ? index.config : {};
  if (typeof config.stopReviewGate === 'boolean') state.stopReviewGate = config.stopReviewGate;
  const jobs = Array.isArray(index.jobs) ? index.jobs : [];
  if (jobs.length > JOBS_LIMIT)
    state.skipped.push({ what: file, why: `it lists ${jobs.length} jobs; the first ${JOBS_LIMIT} count` });
  for (const job of jobs.slice(0, JOBS_LIMIT)) {
    if (isObject(job)) state.jobs.push(recordOf(state, directory, job));
    else state.skipped.push({ what: file, why: 'an entry is no job' });
  }
  return state;
}

function recordOf(state: OldState, directory: string, indexed: Record<string, unknown>): OldRecord {
  const { id } = indexed;
  // The importer says why such a job is passed over; no path is made of its id.
  if (typeof id !== 'string' || !JOB_ID.test(id)) return { indexed, stored: {}, log: '' };
  const jobs = join(directory, 'jobs');
  const inJobs = (name: string, limit: number) => {
    requirePlainDirectory(jobs);
    return readPlainFile(join(jobs, name), limit);
  };
  const file = join(jobs, `${id}.json`);
  const stored = attempt(state, file, () => anObject(inJobs(`${id}.json`, LIMIT.job))) ?? {};
  const log = attempt(state, join(jobs, `${id}.log`), () => inJobs(`${id}.log`, LIMIT.log)) ?? '';
  return { indexed, stored, log };
}

/** A missing file is nothing to talk about. */
function attempt<T>(state: OldState, what: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    if (
      !(error instanceof NotTrusted || error instanceof NotPlain) &&
      !(error instanceof SyntaxError) &&
      code === undefined
    )
      throw error;
    const said = error instanceof NotPlain ? error.why : (error as Error).message;
    const why = code === 'ELOOP' ? 'it is a link' : said;
    state.skipped.push({ what, why: why.replace(/\s+/g, ' ').slice(0, 200) });
    return undefined;
  }
}

function requirePlainDirectory(path: string): void {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) throw new NotTrusted(`${path} is no plain directory`);
  requireOurs(path, stat);
}

function readPlainFile(path: string, limit: number): string {
  return withPlainFile(path, { followLinks: false }, (file) => {
    requireOurs('it', file.stat);
    return textOf(file, limit);
  });
}

/** Writable for our group is common (umask 002) and counts as ours; writable for everybody is not. */
function requireOurs(what: string, stat: { uid: number; mode: number }): void {
  const me = process.getuid?.();
  if (me !== undefined && stat.uid !== me) throw new NotTrusted(`${what} belongs to user ${stat.uid}`);
  if (me !== undefined && (stat.mode & 0o002) !== 0)
    throw new NotTrusted(`${what} can be written by everybody`);
}

function anObject(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) throw new NotTrusted('it holds no object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // Not there, or not for us: there is nothing to import from it.
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

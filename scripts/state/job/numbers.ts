import { existsSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { compareText } from '../../domain/base/order.ts';
import { JOB_ID, timeInId } from '../../domain/job/kinds.ts';
import type { IndexedJob, WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import {
  makePrivateDirectory,
  notWritable,
  readOwnFileIfAny,
  removeIfAny,
  writeOnce,
} from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { jobDirectory } from '../layout.ts';
import { jobFiles, listJobIds } from './job-directory.ts';

/**
 * The short number of a job in its workspace, from 1. `numbers/12` is a link whose text is the job's id, so that a number is found
 * without a look at all jobs; the job's own file `number` says it the other way round, and lets a rebuilt index have it again.
 * A number goes with its job, and is not given to another one.
 */
const linkOf = ({ numbers }: WorkspaceLayout, number: number) => join(numbers, String(number));

/**
 * A number beyond it is damage or litter, and is passed over: at 2^53 the next one would be the same, and the search for a free
 * one endless.
 */
const MOST = 999_999_999;

function isNumber(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= MOST;
}

/**
 * Gives a number to each job of the index that has none: to a new one, and to one that a version before numbers entered.
 * Where there are no numbers yet, also to the older ones, which the index does not list, in the order of their age. To be
 * called by the writer of the state, under its lock and before it commits. The same state where nothing is missing.
 */
export function withNumbers(layout: WorkspaceLayout, state: WorkspaceState): WorkspaceState {
  const missing = state.jobs.filter((job) => job.number === undefined);
  if (missing.length === 0) return state;
  makePrivateDirectory(layout.numbers);
  const { lastNumber } = state;
  let last = lastNumber !== undefined && lastNumber <= MOST ? lastNumber : highestNumber(layout);
  if (lastNumber === undefined && last === 0) last = numberOldJobs(layout, missing);
  const given = new Map<string, number>();
  for (const { id } of [...missing].sort((a, b) => compareText(a.createdAt, b.createdAt))) {
    const number = readNumber(jobDirectory(layout, id)) ?? place(layout, id, last + 1);
    given.set(id, number);
    last = Math.max(last, number);
  }
  const numbered = (job: IndexedJob) => {
    const number = given.get(job.id);
    return number === undefined ? job : { ...job, number };
  };
  return { ...state, lastNumber: last, jobs: state.jobs.map(numbered) };
}

function numberOldJobs(layout: WorkspaceLayout, listed: IndexedJob[]): number {
  const others = new Set(listed.map(({ id }) => id));
  const old = listJobIds(layout.jobs)
    .filter((id) => !others.has(id) && existsSync(jobFiles(jobDirectory(layout, id)).request))
    .sort((a, b) => timeInId(a) - timeInId(b));
  return old.reduce((last, id) => place(layout, id, last + 1), 0);
}

/** What a rebuilt index goes on from. */
export function highestNumber(layout: WorkspaceLayout): number {
  const numbers = namesIn(layout.numbers).map(Number).filter(isNumber);
  return numbers.reduce((highest, number) => Math.max(highest, number), 0);
}

/** The first number from `from` on that no other job has; one of a job that is gone, or was never accepted, is passed over. */
function place(layout: WorkspaceLayout, id: string, from: number): number {
  for (let number = from; ; number += 1) {
    try {
      symlinkSync(id, linkOf(layout, number));
    } catch (error) {
      const isTaken = systemCode(error) === 'EEXIST';
      if (isTaken && jobWithNumber(layout, number) !== id) continue;
      if (!isTaken) throw notWritable(linkOf(layout, number), error);
    }
    // Not made durable: the index is, and a crash of the machine leaves one of the two.
    const directory = jobDirectory(layout, id);
    if (existsSync(directory)) writeOnce(jobFiles(directory).number, `${number}\n`, { durable: false });
    return number;
  }
}

/** Undefined where the job has none yet. */
export function readNumber(directory: string): number | undefined {
  const number = Number(readOwnFileIfAny(jobFiles(directory).number) ?? Number.NaN);
  return isNumber(number) ? number : undefined;
}

/** The id of the job that has the number, whether or not its directory is still there. */
export function jobWithNumber(layout: WorkspaceLayout, number: number): string | undefined {
  try {
    const id = readlinkSync(linkOf(layout, number));
    return JOB_ID.test(id) ? id : undefined;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined; // nobody has it, or there is something else in its place
  }
}

/** Before its directory goes. */
export function forgetNumber(layout: WorkspaceLayout, id: string): void {
  const number = readNumber(jobDirectory(layout, id));
  if (number !== undefined && jobWithNumber(layout, number) === id) removeIfAny(linkOf(layout, number));
}

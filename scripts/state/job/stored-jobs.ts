import {
  appendFileSync,
  lstatSync,
  readdirSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { aCount, aRecord, aString, aTimestamp, Malformed, oneOf } from '../../domain/base/check.ts';
import { isTrouble, systemCode } from '../../domain/base/errors.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import type { RemovedJob, StoredJob } from '../../domain/job/retention.ts';
import { notWritable, readOwnFileIfAny } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { removeTree } from '../files/remove.ts';
import type { WorkspaceLayout } from '../layout.ts';
import { listJobIds } from './job-directory.ts';
import { forgetNumber } from './numbers.ts';

/** The jobs' directories as things that take up room, and what is left of those that were removed. */

/** Every job of the workspace. `isOwed`: whether somebody is still to be told how it ended; asked of unread ones alone. */
export function storedJobs(layout: WorkspaceLayout, isOwed: (id: string) => boolean): StoredJob[] {
  return listJobIds(layout.jobs).flatMap((id) => storedJob(join(layout.jobs, id), id, isOwed) ?? []);
}

function storedJob(directory: string, id: string, isOwed: (id: string) => boolean): StoredJob | undefined {
  try {
    const files = new Map(readdirSync(directory).map((name) => [name, lstatSync(join(directory, name))]));
    const bytes = [...files.values()].reduce((sum, stat) => sum + onDisk(stat), 0);
    const endedAt = files.get('outcome.json')?.mtimeMs ?? null;
    const read = files.get('delivered')?.mtimeMs ?? null;
    const readAt = read ?? (endedAt !== null && !isOwed(id) ? endedAt : null);
    return { id, bytes, endedAt, readAt };
  } catch (error) {
    // Removed in this moment, by another sweep; a file in its place; a disk that does not read.
    if (isTrouble(error)) return undefined;
    throw error;
  }
}

/** A sparse log takes less than its length. */
function onDisk({ blocks, size }: Stats): number {
  return blocks === undefined ? size : blocks * 512;
}

/** When somebody looked last at what has to go; milliseconds. A file's time, and nothing in it. */
export function lastRetention(layout: WorkspaceLayout): number | null {
  return statSync(stampFile(layout), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

export function noteRetention(layout: WorkspaceLayout): void {
  try {
    writeFileSync(stampFile(layout), '', { mode: 0o600 });
  } catch (error) {
    throw notWritable(stampFile(layout), error);
  }
}

const stampFile = (layout: WorkspaceLayout) => join(layout.directory, 'retention-checked');

const ASIDE = 'old.';

/**
 * Removes a job's directory for good: said in removed.jsonl first, then renamed aside, so that it is there whole or not
 * at all. Killed in between, the next one does it again, or removes what lies aside.
 */
export function removeStoredJob(layout: WorkspaceLayout, removed: RemovedJob): void {
  const aside = join(layout.jobs, `${ASIDE}${removed.id}`);
  try {
    appendFileSync(removedFile(layout), `${JSON.stringify(removed)}\n`, { mode: 0o600 });
    forgetNumber(layout, removed.id);
    renameSync(join(layout.jobs, removed.id), aside);
    removeTree(aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw notWritable(aside, error);
  }
}

/** What a killed remover left. */
export function removeLeftAside(layout: WorkspaceLayout): void {
  for (const name of namesIn(layout.jobs)) if (name.startsWith(ASIDE)) removeTree(join(layout.jobs, name));
}

/** The removed jobs that an id, or the beginning of one, names; the last word on each. */
export function removedJobs(layout: WorkspaceLayout, reference: string): RemovedJob[] {
  const lines = (readOwnFileIfAny(removedFile(layout)) ?? '').split('\n');
  const found = new Map<string, RemovedJob>();
  for (const line of lines.filter((one) => one.includes(reference))) {
    const removed = parse(line);
    if (removed?.id.startsWith(reference)) found.set(removed.id, removed);
  }
  return [...found.values()];
}

function parse(line: string): RemovedJob | undefined {
  try {
    const record = aRecord(JSON.parse(line), 'removed');
    const id = aString(record.id, 'removed.id');
    if (!JOB_ID.test(id)) return undefined;
    return {
      id,
      at: aTimestamp(record.at, 'removed.at'),
      bytes: aCount(record.bytes, 'removed.bytes'),
      why: oneOf(['age', 'size', 'never read'])(record.why, 'removed.why'),
      outcome: aString(record.outcome, 'removed.outcome'),
    };
  } catch (error) {
    // The last line of a writer that was killed, or of a full disk: it costs a reason, no job.
    if (error instanceof SyntaxError || error instanceof Malformed) return undefined;
    throw error;
  }
}

function removedFile(layout: WorkspaceLayout): string {
  return join(layout.directory, 'removed.jsonl');
}

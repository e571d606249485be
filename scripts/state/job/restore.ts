import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { JobOutcome } from '../../domain/job/evidence.ts';
import type { JobRequest } from '../../domain/job/job.ts';
import { syncDirectory, writeOnce } from '../files/durable.ts';
import { removeTree } from '../files/remove.ts';
import { jobDirectory, type WorkspaceLayout } from '../layout.ts';
import { commitOutcome, createJobDirectory, jobFiles, readJobFacts } from './job-directory.ts';
import { UnreadableJob } from './unreadable.ts';

/**
 * Places the directory of a job that has ended, whole: a reader never meets it without its outcome, and would take it for
 * an abandoned one. `fill` gets it before that. Does nothing where there is one already.
 */
export function placeEnded(
  layout: WorkspaceLayout,
  request: JobRequest,
  outcome: JobOutcome,
  fill: (directory: string) => void = () => {},
): void {
  const aside = join(layout.directory, `import.${randomBytes(6).toString('hex')}`);
  mkdirSync(aside, { mode: 0o700 });
  try {
    const directory = createJobDirectory(aside, request);
    fill(directory);
    commitOutcome(directory, outcome);
    renameSync(directory, jobDirectory(layout, request.id));
    syncDirectory(layout.jobs);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  } finally {
    removeTree(aside);
  }
}

/** A job has no more files than that. */
const TRIES = 20;

/**
 * Makes a job readable again that has ended and cannot be read: `request` and `outcome` stand in for what is gone, unless
 * an outcome is there. What cannot be read is kept beside, as NAME.unreadable; a file in the directory's place in it.
 */
export function restoreEnded(layout: WorkspaceLayout, request: JobRequest, outcome: JobOutcome): void {
  const directory = jobDirectory(layout, request.id);
  const stat = lstatSync(directory, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    mend(directory, request, outcome);
    return;
  }
  placeAnew(layout, directory, request, outcome);
}

function placeAnew(
  layout: WorkspaceLayout,
  directory: string,
  request: JobRequest,
  outcome: JobOutcome,
): void {
  const inItsPlace = `${directory}.unreadable`;
  if (existsSync(directory)) renameSync(directory, inItsPlace);
  placeEnded(layout, request, outcome);
  if (existsSync(inItsPlace)) renameSync(inItsPlace, join(directory, `${request.id}.unreadable`));
}

/** The outcome first, for readers that come in between. */
function mend(directory: string, request: JobRequest, outcome: JobOutcome): void {
  for (let tries = TRIES; tries > 0; tries--) {
    try {
      commitOutcome(directory, outcome);
      readJobFacts(directory);
      return;
    } catch (error) {
      if (!(error instanceof UnreadableJob)) throw error;
      if (existsSync(error.file)) renameSync(error.file, `${error.file}.unreadable`);
      if (basename(error.file) === 'request.json')
        writeOnce(jobFiles(directory).request, `${JSON.stringify(request, null, 2)}\n`);
    }
  }
}

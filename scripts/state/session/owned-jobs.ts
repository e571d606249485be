import { chmodSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import type { HostName } from '../../domain/base/hosts.ts';
import { JOB_ID } from '../../domain/job/kinds.ts';
import { makePrivateDirectory, notWritable, readOwnFileIfAny, removeIfAny } from '../files/durable.ts';
import { namesIn } from '../files/names-in.ts';
import { removeIfEmpty } from '../files/remove.ts';
import { sessionDirectory, type WorkspaceLayout } from '../layout.ts';
import { forgetHeirs } from './heir-marks.ts';
import { enterNoted, leaveNoted } from './noted.ts';

/**
 * What a session owns and what it is owed, found by its id alone, in whichever repositories its jobs were started: a
 * note per job, named after it, that holds the workspace's directory. In `jobs/` while the job lives, where the hooks'
 * sh fast path looks; moved to `owed/` at its end, and gone when its notice is settled. A job is looked for in `jobs/`
 * after its end, too: who was to move it may have been killed.
 */

export interface SessionName {
  host: HostName;
  sessionId: string;
}

export interface OwnedJob {
  id: string;
  workspaceDirectory: string;
}

export function noteOwnedJob(
  root: string,
  session: SessionName,
  jobId: string,
  workspace: Pick<WorkspaceLayout, 'directory' | 'workspaceRoot'>,
): void {
  const jobs = ownedJobsDirectory(root, session);
  for (let tries = 3; ; tries--) {
    try {
      enterNoted(dirname(jobs), workspace);
      makePrivateDirectory(jobs);
      const aside = join(dirname(jobs), `.${jobId}`); // readers see it whole
      writeFileSync(aside, workspace.directory, { mode: 0o600 });
      chmodSync(aside, 0o600); // a umask may take the owner's rights, too
      renameSync(aside, join(jobs, jobId));
      enterNoted(dirname(jobs), workspace);
      return;
    } catch (error) {
      // The session's last job ended in this moment, and its empty directories went with it.
      if (systemCode(error) !== 'ENOENT' || tries <= 0) throw notWritable(join(jobs, jobId), error);
    }
  }
}

/** The job has ended: from now on its session owns it no more, and is owed the notice. */
export function oweNotice(root: string, session: SessionName, jobId: string): void {
  const directory = sessionDirectory(root, session.host, session.sessionId);
  const note = join(directory, 'jobs', jobId);
  if (!existsSync(note)) return;
  const owed = join(directory, 'owed');
  for (let tries = 3; ; tries--) {
    try {
      makePrivateDirectory(owed);
      renameSync(note, join(owed, jobId));
      removeIfEmpty(dirname(note));
      return;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw notWritable(note, error);
      // Somebody else moved it, or the last notice was settled and its empty directory went with it.
      if (!existsSync(note) || tries <= 0) return;
    }
  }
}

/** Nothing is owned or owed any more for this job. */
export function forgetOwnedJob(root: string, session: SessionName, jobId: string): void {
  forgetNote(sessionDirectory(root, session.host, session.sessionId), jobId);
}

/** In this order: a note that is moved in between is found in its new place. */
export function forgetNote(directory: string, jobId: string): void {
  for (const place of PLACES) {
    const note = join(directory, place, jobId);
    if (!existsSync(note)) continue;
    try {
      removeIfAny(note);
      removeIfEmpty(dirname(note));
      if (hasNotes(directory)) continue;
      leaveNoted(directory, () => hasNotes(directory));
      forgetHeirs(directory);
      removeIfEmpty(directory);
    } catch (error) {
      throw notWritable(note, error);
    }
  }
}

const PLACES = ['jobs', 'owed'] as const;
type NotePlace = (typeof PLACES)[number];

export function ownedJobs(root: string, session: SessionName): OwnedJob[] {
  return notesIn(ownedJobsDirectory(root, session));
}

/** Every job of a session that lives, or whose notice is owed; by the session's directory. */
export function notesOf(directory: string): OwnedJob[] {
  const all = PLACES.flatMap((place) => notesIn(join(directory, place)));
  return [...new Map(all.map((note) => [note.id, note])).values()];
}

/** Does the session own or is it owed anything? Cheaper than reading the notes. */
export function hasNotes(directory: string): boolean {
  return PLACES.some((place) => namesIn(join(directory, place)).length > 0);
}

/** The jobs that a session has a note of, by place, unread: however many there are, they cost two lists. */
export function notedIds(directory: string): Record<NotePlace, string[]> {
  // In this order: one that is moved in between is found in its new place.
  const [jobs = [], owed = []] = PLACES.map((place) => namesIn(join(directory, place)));
  const moved = new Set(owed);
  return {
    jobs: jobs.filter((id) => JOB_ID.test(id) && !moved.has(id)),
    owed: owed.filter((id) => JOB_ID.test(id)),
  };
}

/** The note of one job; undefined where it is settled meanwhile. */
export function noteOf(directory: string, id: string): OwnedJob | undefined {
  for (const place of PLACES) {
    const workspaceDirectory = readOwnFileIfAny(join(directory, place, id));
    if (workspaceDirectory !== undefined) return { id, workspaceDirectory };
  }
  return undefined;
}

function notesIn(place: string): OwnedJob[] {
  return namesIn(place).flatMap((id) => {
    const workspaceDirectory = JOB_ID.test(id) ? readOwnFileIfAny(join(place, id)) : undefined;
    return workspaceDirectory === undefined ? [] : [{ id, workspaceDirectory }];
  });
}

function ownedJobsDirectory(root: string, session: SessionName): string {
  return join(sessionDirectory(root, session.host, session.sessionId), 'jobs');
}

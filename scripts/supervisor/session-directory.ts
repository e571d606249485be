import { chmodSync, existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../domain/errors.ts';
import type { HostName } from '../domain/job.ts';
import { JOB_ID } from '../domain/job.ts';
import { makePrivateDirectory, notWritable, readOwnFileIfAny } from '../state/durable.ts';
import { sessionDirectory } from '../state/layout.ts';

/**
 * What a session owns, found by its id alone, in whichever repositories its jobs were started: a file per live job,
 * named after it, that holds the workspace's directory. The SessionEnd hook's sh fast path only looks whether there
 * is any; an index, so a missing entry costs speed and nothing else (the sweep finds such jobs by their origin).
 */

interface SessionName {
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
  workspaceDirectory: string,
): void {
  const jobs = ownedJobsDirectory(root, session);
  for (let tries = 3; ; tries--) {
    try {
      makePrivateDirectory(jobs);
      writeFileSync(join(jobs, jobId), workspaceDirectory, { mode: 0o600 });
      chmodSync(join(jobs, jobId), 0o600); // a umask may take the owner's rights, too
      return;
    } catch (error) {
      // The session's last job ended in this moment, and its empty directories went with it.
      if (systemCode(error) !== 'ENOENT' || tries <= 0) throw notWritable(join(jobs, jobId), error);
    }
  }
}

export function forgetOwnedJob(root: string, session: SessionName, jobId: string): void {
  const jobs = ownedJobsDirectory(root, session);
  const note = join(jobs, jobId);
  if (!existsSync(note)) return;
  try {
    rmSync(note, { force: true });
    for (const directory of [jobs, dirname(jobs)]) removeIfEmpty(directory);
  } catch (error) {
    throw notWritable(note, error);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  }
}

export function ownedJobs(root: string, session: SessionName): OwnedJob[] {
  const jobs = ownedJobsDirectory(root, session);
  return names(jobs).flatMap((id) => {
    const workspaceDirectory = JOB_ID.test(id) ? readOwnFileIfAny(join(jobs, id)) : undefined;
    return workspaceDirectory === undefined ? [] : [{ id, workspaceDirectory }];
  });
}

/** The workspaces, by directory, in which any session owns a job. */
export function workspacesWithOwners(root: string): string[] {
  const sessions = join(root, 'sessions');
  const found = names(sessions).flatMap((session) => {
    const jobs = join(sessions, session, 'jobs');
    return names(jobs).flatMap((id) => readOwnFileIfAny(join(jobs, id)) ?? []);
  });
  return [...new Set(found)];
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function ownedJobsDirectory(root: string, session: SessionName): string {
  return join(sessionDirectory(root, session.host, session.sessionId), 'jobs');
}

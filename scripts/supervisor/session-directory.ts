import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostName } from '../domain/job.ts';
import { JOB_ID } from '../domain/job.ts';
import { makePrivateDirectory, readOwnFile } from '../state/durable.ts';
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
  makePrivateDirectory(jobs);
  writeFileSync(join(jobs, jobId), workspaceDirectory, { mode: 0o600 });
}

export function forgetOwnedJob(root: string, session: SessionName, jobId: string): void {
  rmSync(join(ownedJobsDirectory(root, session), jobId), { force: true });
}

export function ownedJobs(root: string, session: SessionName): OwnedJob[] {
  const jobs = ownedJobsDirectory(root, session);
  if (!existsSync(jobs)) return [];
  return readdirSync(jobs)
    .filter((id) => JOB_ID.test(id))
    .map((id) => ({ id, workspaceDirectory: readOwnFile(join(jobs, id)) }));
}

/** Removes the session's directory when it owns nothing any more. */
export function forgetSession(root: string, session: SessionName): void {
  if (ownedJobs(root, session).length === 0) {
    rmSync(sessionDirectory(root, session.host, session.sessionId), { recursive: true, force: true });
  }
}

function ownedJobsDirectory(root: string, session: SessionName): string {
  return join(sessionDirectory(root, session.host, session.sessionId), 'jobs');
}

import type { JobRequest } from '../domain/job.ts';
import { sessionDirectory, type WorkspaceLayout } from '../state/layout.ts';
import { ring } from './doorbell.ts';
import type { SessionName } from './session-directory.ts';
import { heirsOf } from './session-record.ts';
import { wakeIfClosed } from './wake-closed.ts';

/**
 * What follows a job's end: the one place for it. Called after the outcome is committed and the index is in step; each
 * step may be repeated by anybody, and none may fail the end itself, which stands.
 */
export async function announce(layout: WorkspaceLayout, request: JobRequest): Promise<void> {
  if (request.origin) ringDoorbell(layout.root, request.origin);
  await wakeIfClosed(layout, request);
}

/** Calls the hook of the session's client, or of those that take its notices. Returns whether one has a doorbell. */
export function ringDoorbell(root: string, session: SessionName): boolean {
  const directory = sessionDirectory(root, session.host, session.sessionId);
  return heirsOf(root, directory).map(ring).includes(true);
}

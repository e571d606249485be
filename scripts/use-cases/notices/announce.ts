import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRequest, Origin } from '../../domain/job/job.ts';
import { type Environment, neutralEnvironment } from '../../process/environment.ts';
import { spawnDetached } from '../../process/spawn.ts';
import { readSettlement, readTellingRecords } from '../../state/job/notice-files.ts';
import { jobDirectory, sessionDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { ring } from '../../state/session/clients.ts';
import { heirsOf } from '../../state/session/heirs.ts';
import { queueableSession } from '../../state/session/session-record.ts';
import { notifyDesktop } from './ways/desktop.ts';
import { wakeIfClosed } from './ways/wake-closed.ts';

/**
 * What follows a job's end: the one place for it. Called after the outcome is committed and the index is in step; each
 * step may be repeated by anybody, and none may fail the end itself, which stands.
 */
export async function announce(
  layout: WorkspaceLayout,
  request: JobRequest,
  environment: Environment,
): Promise<void> {
  const { origin } = request;
  if (origin) {
    ringDoorbell(layout.root, origin);
    await queueForHeirs(layout, { ...request, origin }, environment);
  }
  await wakeIfClosed(layout, request, environment);
  await notifyDesktop(layout, request, environment);
}

/**
 * Calls the hooks of those who are owed the notice: of the client that asked, or where that is gone of the session's others, and
 * of the sessions that take its notices. Returns whether one has a doorbell.
 */
export function ringDoorbell(root: string, { host, sessionId, client }: Origin): boolean {
  const directory = sessionDirectory(root, host, sessionId);
  return heirsOf(root, directory)
    .map((one) => ring(one, client))
    .includes(true);
}

/** A host without a doorbell has a queue, which takes a moment: a process of its own does it, and nobody waits for it. */
async function queueForHeirs(
  layout: WorkspaceLayout,
  { id, runtime, node, origin }: JobRequest & { origin: Origin },
  environment: Environment,
): Promise<void> {
  const directory = jobDirectory(layout, id);
  const worker = join(runtime, 'worker.mjs');
  if (readTellingRecords(directory).length > 0 || readSettlement(directory) || !existsSync(worker)) return;
  const owner = sessionDirectory(layout.root, origin.host, origin.sessionId);
  for (const heir of heirsOf(layout.root, owner).filter(queueableSession))
    await spawnDetached(node, [worker, 'queue-notices', heir], {
      env: neutralEnvironment(environment),
    });
}

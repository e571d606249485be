import { CompanionError } from '../../domain/base/errors.ts';
import type { Origin } from '../../domain/job/job.ts';
import { now } from '../../process/clock.ts';
import { settleNotice } from '../../state/job/notice-files.ts';
import { sessionDirectory } from '../../state/layout.ts';
import { heirsOf } from '../../state/session/heirs.ts';
import { forgetOwnedJob } from '../../state/session/owned-jobs.ts';
import type { JobReading } from '../reading/read-job.ts';

/**
 * The agent that is owed a job's notice has read how it ended: nothing is to be told any more. To be called when its
 * command has given the answer; does nothing for anybody else's command and for a job that still lives. A job of no
 * session is read by whoever reads it: retention (use-cases/upkeep/retention.ts) may take it then.
 */
export function markRead(root: string, { facts }: JobReading, reader: () => Origin | null): void {
  const { origin, id } = facts.request;
  if (!facts.outcome) return;
  if (!origin) {
    settleAsRead(facts.directory);
    return;
  }
  const by = reader();
  if (!by) return;
  const owner = sessionDirectory(root, origin.host, origin.sessionId);
  const read = sessionDirectory(root, by.host, by.sessionId);
  if (!heirsOf(owner).includes(read)) return;
  settleAsRead(facts.directory, () => forgetOwnedJob(root, origin, id));
}

function settleAsRead(directory: string, then = () => {}): void {
  try {
    settleNotice(directory, { by: 'read', at: now() });
    then();
  } catch (error) {
    // A sandbox, or a full disk: the notice is told once more than needed.
    if (!(error instanceof CompanionError) || error.code !== 'state-not-writable') throw error;
  }
}

import type { Origin } from '../../../domain/job/job.ts';
import { sessionDirectory } from '../../../state/layout.ts';
import { ring } from '../../../state/session/clients.ts';
import { heirsOf } from '../../../state/session/heirs.ts';
import type { NoticeWay } from './way.ts';

/** A client that watches a file calls our hook when it changes, and that wakes the agent. */
export const doorbell: NoticeWay = {
  name: 'doorbell',
  begin({ layout, request }) {
    if (request.origin) ringDoorbell(layout.root, request.origin);
  },
};

/**
 * Calls the hooks of those who are owed the notice: of the client that asked, or where that is gone of the session's others, and
 * of the sessions that take its notices. Returns whether one has a doorbell.
 */
export function ringDoorbell(root: string, { host, sessionId, client }: Origin): boolean {
  const directory = sessionDirectory(root, host, sessionId);
  return heirsOf(directory)
    .map((one) => ring(one, client))
    .includes(true);
}

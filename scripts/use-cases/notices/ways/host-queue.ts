import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { neutralEnvironment } from '../../../process/environment.ts';
import { spawnDetached } from '../../../process/spawn.ts';
import { readSettlement, readTellingRecords } from '../../../state/job/notice-files.ts';
import { sessionDirectory } from '../../../state/layout.ts';
import { heirsOf } from '../../../state/session/heirs.ts';
import { queueableSession } from '../../../state/session/session-record.ts';
import type { NoticeWay } from './way.ts';

/** A host without a doorbell has a queue of messages, which takes a moment: a process of its own puts the notice there. */
export const hostQueue: NoticeWay = {
  name: 'host-queue',
  async begin({ layout, request, facts, environment }) {
    const { origin, runtime, node } = request;
    const worker = join(runtime, 'worker.mjs');
    if (!origin || !existsSync(worker)) return;
    if (readTellingRecords(facts.directory).length > 0 || readSettlement(facts.directory)) return;
    const owner = sessionDirectory(layout.root, origin.host, origin.sessionId);
    for (const heir of heirsOf(owner).filter(queueableSession))
      await spawnDetached(node, [worker, 'queue-notices', heir], { env: neutralEnvironment(environment) });
  },
};

import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import type { BrokerRecord } from '../../domain/workspace/workspace-state.ts';
import { commandLineOf } from '../../process/command-line.ts';
import { liveness } from '../../process/identity.ts';
import { signalGroup, signalProcess } from '../../process/signal.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { removeBrokerFiles } from '../../state/workspace/broker-files.ts';

/** An app-server leaves 60–110 ms after its stdin has ended, and takes the commands it runs with it. */
const LEAVE_MS = 1_500;
const DIE_MS = 1_000;

/**
 * Ends what is left of a broker that has been taken off the record: its process, where its identity is proven, at once;
 * its app-server, which sees the end of its stdin then, after a moment; its files. Replaced means gone.
 */
export async function endBroker(layout: WorkspaceLayout, broker: BrokerRecord): Promise<void> {
  const { id, process, appServer } = broker;
  if (process && isStill(process, id)) {
    signalProcess(process, 'SIGKILL');
    await untilDead(process, DIE_MS);
  }
  if (appServer && isStill(appServer, 'app-server') && !(await untilDead(appServer, LEAVE_MS))) {
    // Stopped or hung. It leads a group of its own, in which its helpers are.
    signalGroup(appServer, 'SIGKILL');
    signalProcess(appServer, 'SIGKILL');
    await untilDead(appServer, DIE_MS);
  }
  removeBrokerFiles(layout, id);
}

/** Does its command line say so, too? A record that was written by hand may name anybody; elsewhere than on Linux nobody can say. */
function isStill({ pid }: ProcessIdentity, word: string): boolean {
  const line = commandLineOf(pid);
  return line === '' || line.split(' ').includes(word);
}

async function untilDead(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (liveness(identity) === 'alive') {
    if (performance.now() >= end) return false;
    await delay(20);
  }
  return true;
}

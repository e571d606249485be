import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../domain/identity.ts';
import type { BrokerRecord } from '../domain/workspace-state.ts';
import { liveness } from '../process/identity.ts';
import { signalGroup, signalProcess } from '../process/signal.ts';
import { removeBrokerFiles } from '../state/broker-files.ts';
import type { WorkspaceLayout } from '../state/layout.ts';

/** An app-server leaves 60–110 ms after its stdin has ended, and takes the commands it runs with it. */
const LEAVE_MS = 1_500;
const DIE_MS = 1_000;

/**
 * Ends what is left of a broker that has been taken off the record: its process, where its identity is proven, at once;
 * its app-server, which sees the end of its stdin then, after a moment; its files. Replaced means gone.
 */
export async function endBroker(layout: WorkspaceLayout, broker: BrokerRecord): Promise<void> {
  if (broker.process && signalProcess(broker.process, 'SIGKILL') === 'sent')
    await untilDead(broker.process, DIE_MS);
  if (broker.appServer && !(await untilDead(broker.appServer, LEAVE_MS))) {
    // Stopped or hung. It leads a group of its own, in which its helpers are.
    signalGroup(broker.appServer, 'SIGKILL');
    signalProcess(broker.appServer, 'SIGKILL');
    await untilDead(broker.appServer, DIE_MS);
  }
  removeBrokerFiles(layout, broker.id);
}

async function untilDead(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (liveness(identity) === 'alive') {
    if (performance.now() >= end) return false;
    await delay(20);
  }
  return true;
}

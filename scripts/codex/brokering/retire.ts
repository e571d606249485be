import { leasesOn, withoutBroker } from '../../domain/workspace/broker-admission.ts';
import type { BrokerRecord, WorkspaceState } from '../../domain/workspace/workspace-state.ts';
import { liveness } from '../../process/identity.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { listBrokerIds, removeBrokerFiles } from '../../state/workspace/broker-files.ts';
import { readState, update } from '../../state/workspace/store.ts';
import { callBroker } from './client.ts';
import { endBroker } from './end.ts';

/** A broker with nobody to work for has nothing else to do than to answer; it goes by itself 1 s later. */
const ANSWER_MS = 2_000;

/**
 * Takes brokers off the record that cannot do it themselves: their process is dead, their starter died before there
 * was one, or nobody holds them and they are mute. Ends what is left of each. True where there was one.
 */
export async function retireDeadBroker(layout: WorkspaceLayout): Promise<boolean> {
  const killed = await retireKilledBrokers(layout);
  const state = readState(layout);
  const mute: BrokerRecord[] = [];
  for (const broker of state.brokers) {
    if (isUnheld(state, broker) && (await isMute(layout, broker)))
      mute.push(...(await takeOff(layout, broker.id, isUnheld)));
  }
  for (const broker of mute) await endBroker(layout, broker);
  removeStrayFiles(layout);
  return killed || mute.length > 0;
}

/** The same for those alone whose process, or whose starter before there was one, is dead: no broker is asked. */
export async function retireKilledBrokers(layout: WorkspaceLayout): Promise<boolean> {
  const killed: BrokerRecord[] = [];
  for (const broker of readState(layout).brokers) {
    if (isDead(broker)) killed.push(...(await takeOff(layout, broker.id, (_, found) => isDead(found))));
  }
  for (const broker of killed) await endBroker(layout, broker);
  return killed.length > 0;
}

async function takeOff(
  layout: WorkspaceLayout,
  id: string,
  still: (state: WorkspaceState, broker: BrokerRecord) => boolean,
): Promise<BrokerRecord[]> {
  let taken: BrokerRecord[] = [];
  await update(layout, (state) => {
    taken = state.brokers.filter((broker) => broker.id === id && still(state, broker));
    return taken.length > 0 ? withoutBroker(state, id) : state;
  });
  return taken;
}

function isDead(broker: BrokerRecord): boolean {
  return liveness(broker.process ?? broker.starter) === 'dead';
}

function isUnheld(state: WorkspaceState, { id }: BrokerRecord): boolean {
  return leasesOn(state, id).every((lease) => liveness(lease.holder) === 'dead');
}

async function isMute(layout: WorkspaceLayout, broker: BrokerRecord): Promise<boolean> {
  if (broker.stage !== 'ready' || !broker.process || liveness(broker.process) !== 'alive') return false;
  try {
    await callBroker({ layout, brokerId: broker.id }, ANSWER_MS);
    return false;
  } catch {
    // Nothing came: it is mute if it is still there and on record, having had time to go.
    return (
      liveness(broker.process) === 'alive' && readState(layout).brokers.some(({ id }) => id === broker.id)
    );
  }
}

/** Files of brokers that were killed when they were off the record already. */
function removeStrayFiles(layout: WorkspaceLayout): void {
  const ids = listBrokerIds(layout);
  if (ids.length === 0) return;
  const known = new Set(readState(layout).brokers.map(({ id }) => id));
  for (const id of ids) if (!known.has(id)) removeBrokerFiles(layout, id);
}

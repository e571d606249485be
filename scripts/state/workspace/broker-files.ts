import { join } from 'node:path';
import { aBroker } from '../../domain/workspace/parse-state.ts';
import type { BrokerRecord } from '../../domain/workspace/workspace-state.ts';
import { makePrivateDirectory, removeIfAny, requireOwnDirectory, writeDurably } from '../files/durable.ts';
import { readOwnJson } from '../files/json-file.ts';
import { namesIn } from '../files/names-in.ts';
import { socketPath, type WorkspaceLayout } from '../layout.ts';
import { brokerOfProof } from './proofs.ts';

/**
 * What a broker leaves on disk while it lives, besides its entry in the state: its record, so that a rebuilt index
 * knows of it, what it had to say, and its socket. All three are named by its id alone, so that nothing that was read
 * from a file decides what is connected to or removed. Besides, the proofs of clients that were killed while greeting.
 */
export const brokerFiles = (layout: WorkspaceLayout, brokerId: string) => ({
  record: join(layout.brokers, `${brokerId}.json`),
  log: join(layout.brokers, `${brokerId}.log`),
  socket: socketPath(layout.root, brokerId),
});

/** The directory of these files; to be called before a broker is started. */
export function prepareBrokerFiles(layout: WorkspaceLayout): void {
  makePrivateDirectory(layout.brokers);
  requireOwnDirectory(layout.brokers);
}

export function writeBrokerFile(layout: WorkspaceLayout, record: BrokerRecord): void {
  writeDurably(brokerFiles(layout, record.id).record, `${JSON.stringify(record, null, 2)}\n`);
}

export function readBrokerFiles(layout: WorkspaceLayout): BrokerRecord[] {
  return listBrokerIds(layout).flatMap((id) => {
    const record = readOwnJson(brokerFiles(layout, id).record, (value) => aBroker(value, 'broker'));
    return record?.id === id ? [record] : [];
  });
}

/** Ids of all brokers that have left something here, alive or not. */
export function listBrokerIds(layout: WorkspaceLayout): string[] {
  const ids = namesIn(layout.brokers).map(
    (name) => /^([a-z0-9]{1,32})\.(?:json|log)$/.exec(name)?.[1] ?? brokerOfProof(name),
  );
  return [...new Set(ids.filter((id) => id !== undefined))];
}

export function removeBrokerFiles(layout: WorkspaceLayout, brokerId: string): void {
  for (const file of Object.values(brokerFiles(layout, brokerId))) removeIfAny(file);
  const proofs = namesIn(layout.brokers).filter((name) => brokerOfProof(name) === brokerId);
  for (const name of proofs) removeIfAny(join(layout.brokers, name));
}

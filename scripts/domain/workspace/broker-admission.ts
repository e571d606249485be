import type { ProcessIdentity } from '../base/identity.ts';
import type { BrokerRecord, Lease, WorkspaceState } from './workspace-state.ts';

/**
 * Who may use which broker, and when a broker may go. Both are decided by these functions inside one locked update of
 * the state, so a newcomer either keeps a broker up or finds none and starts the next one.
 */

export interface Newcomer {
  jobId: string;
  holder: ProcessIdentity;
  /** now */
  since: string;
  /** what it would start if there is nothing to join; `fingerprint` also says what it may join */
  candidate: BrokerRecord;
}

export interface Admission {
  state: WorkspaceState;
  /** the broker that the newcomer's lease is on now */
  broker: BrokerRecord;
  /** true: that is the candidate, and the newcomer has promised to bring it up */
  mustStart: boolean;
  /** taken off the record because they are of no use; the newcomer ends what is left of them */
  deposed: BrokerRecord[];
}

/** Gives the newcomer a lease on a usable broker of its fingerprint, or on the candidate where there is none. */
export function admit(
  state: WorkspaceState,
  newcomer: Newcomer,
  isUsable: (broker: BrokerRecord) => boolean,
): Admission {
  const { jobId, holder, since, candidate } = newcomer;
  const alike = state.brokers.filter(({ fingerprint }) => fingerprint === candidate.fingerprint);
  const deposed = alike.filter((broker) => !isUsable(broker));
  const found = alike.find(isUsable);
  const broker = found ?? candidate;

  const gone = new Set(deposed.map(({ id }) => id));
  const brokers = state.brokers.filter(({ id }) => !gone.has(id));
  const lease: Lease = { jobId, brokerId: broker.id, holder, since };
  const others = state.leases.filter((other) => other.jobId !== jobId && !gone.has(other.brokerId));
  return {
    state: { ...state, brokers: found ? brokers : [...brokers, candidate], leases: [...others, lease] },
    broker,
    mustStart: !found,
    deposed,
  };
}

/** The state after this broker's own news, e.g. that it is ready; undefined where it is not on record (any more). */
export function withBrokerNews(
  state: WorkspaceState,
  id: string,
  news: Partial<BrokerRecord>,
): WorkspaceState | undefined {
  if (!state.brokers.some((broker) => broker.id === id)) return undefined;
  const brokers = state.brokers.map((broker) => (broker.id === id ? { ...broker, ...news } : broker));
  return { ...state, brokers };
}

/** Takes a broker off the record, with whatever leases were on it. */
export function withoutBroker(state: WorkspaceState, id: string): WorkspaceState {
  const brokers = state.brokers.filter((broker) => broker.id !== id);
  if (brokers.length === state.brokers.length) return state;
  return { ...state, brokers, leases: state.leases.filter((lease) => lease.brokerId !== id) };
}

export function leasesOn(state: WorkspaceState, brokerId: string): Lease[] {
  return state.leases.filter((lease) => lease.brokerId === brokerId);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import {
  admit,
  leasesOn,
  withBrokerNews,
  withoutBroker,
} from '../../../scripts/domain/workspace/broker-admission.ts';
import {
  type BrokerRecord,
  emptyState,
  type WorkspaceState,
} from '../../../scripts/domain/workspace/workspace-state.ts';

const since = '2026-01-01T00:00:00.000Z';

function process(pid: number): ProcessIdentity {
  return { machine: 'm', boot: 'b', pidNamespace: 'n', pid, start: '1' };
}

function broker(id: string, fingerprint = 'same'): BrokerRecord {
  const processes = { starter: process(7), process: process(8), appServer: process(9) };
  return { id, stage: 'ready', fingerprint, ...processes, socket: `/run/${id}.sock`, startedAt: since };
}

function newcomer(jobId: string, fingerprint = 'same') {
  return { jobId, holder: process(5), since, candidate: broker(`new-${jobId}`, fingerprint) };
}

function withBrokers(...brokers: BrokerRecord[]): WorkspaceState {
  return { ...emptyState('/w'), brokers };
}

const anyIsUsable = () => true;

test('a newcomer joins a usable broker of its fingerprint', () => {
  const { state, mustStart, broker: joined } = admit(withBrokers(broker('a')), newcomer('j'), anyIsUsable);
  assert.deepEqual([mustStart, joined.id, state.brokers.length], [false, 'a', 1]);
  assert.deepEqual(state.leases, [{ jobId: 'j', brokerId: 'a', holder: process(5), since }]);
});

test('where there is none it must start one, beside those of other fingerprints', () => {
  const { state, mustStart, deposed } = admit(withBrokers(broker('a', 'other')), newcomer('j'), anyIsUsable);
  assert.deepEqual([mustStart, deposed], [true, []]);
  assert.deepEqual(
    state.brokers.map(({ id }) => id),
    ['a', 'new-j'],
  );
});

test('a useless broker is deposed with the leases on it, and others keep theirs', () => {
  const first = admit(withBrokers(broker('a'), broker('b', 'other')), newcomer('one'), anyIsUsable).state;
  const second = admit(first, newcomer('two', 'other'), anyIsUsable).state;
  const { state, deposed } = admit(second, newcomer('three'), ({ id }) => id !== 'a');
  assert.deepEqual(
    deposed.map(({ id }) => id),
    ['a'],
  );
  assert.deepEqual(
    state.leases.map(({ jobId, brokerId }) => [jobId, brokerId]),
    [
      ['two', 'b'],
      ['three', 'new-three'],
    ],
  );
});

test('a job has one lease, however often it asks', () => {
  const first = admit(withBrokers(broker('a')), newcomer('j'), anyIsUsable).state;
  const again = admit(first, newcomer('j'), () => false).state;
  assert.deepEqual(
    again.leases.map(({ brokerId }) => brokerId),
    ['new-j'],
  );
});

test('a broker’s news changes its own record, and tells one that is off the record', () => {
  const state = withBrokers(broker('a'), broker('b'));
  assert.deepEqual(withBrokerNews(state, 'b', { stage: 'starting' })?.brokers, [
    broker('a'),
    { ...broker('b'), stage: 'starting' },
  ]);
  assert.equal(withBrokerNews(state, 'c', { stage: 'ready' }), undefined);
});

test('a broker leaves with its leases; leaving twice changes nothing', () => {
  const held = admit(withBrokers(broker('a')), newcomer('j'), anyIsUsable).state;
  assert.equal(leasesOn(held, 'a').length, 1);
  const gone = withoutBroker(held, 'a');
  assert.deepEqual([gone.brokers, gone.leases], [[], []]);
  assert.equal(withoutBroker(gone, 'a'), gone);
});

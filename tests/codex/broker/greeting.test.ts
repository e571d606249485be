/** Whom the broker lets in: a real broker, strangers on its socket, a fake Codex. The real sandbox: tests/real/codex/escape. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { callBroker } from '../../../scripts/codex/brokering/client.ts';
import type { Hello } from '../../../scripts/codex/brokering/protocol.ts';
import { type RpcPeer, rpcPeer } from '../../../scripts/codex/wire/rpc.ts';
import { identify, ownIdentity } from '../../../scripts/process/identity.ts';
import { leaveProof, newNonce } from '../../../scripts/state/workspace/proofs.ts';
import { aBroker, type HeldBroker, startThread } from '../../support/codex/broker-clients.ts';
import { readyBroker } from '../../support/codex/codex-jobs.ts';
import { until } from '../../support/wait.ts';

const UNPROVEN = /^A greeting must prove that it may write our state\.$/;

/** A connection that has said nothing yet. */
function stranger({ socket }: HeldBroker): RpcPeer & { write(text: string): void } {
  const stream = connect(socket);
  return { ...rpcPeer({ input: stream, output: stream }), write: (text) => stream.write(text) };
}

async function knock(peer: RpcPeer): Promise<string> {
  return ((await peer.request('broker/knock')) as { nonce: string }).nonce;
}

function place({ world, id }: HeldBroker) {
  return { layout: world.context().layout, brokerId: id };
}

/** Greets after having left a proof, as a worker does. */
async function prove(broker: HeldBroker, peer: RpcPeer, hello: Hello, version = 2): Promise<unknown> {
  leaveProof(place(broker), await knock(peer), hello.jobId);
  return peer.request('broker/hello', { version, ...hello });
}

function proofs({ world }: HeldBroker): string[] {
  return readdirSync(world.context().layout.brokers).filter((name) => name.endsWith('.proof'));
}

test('a greeting without its proof is refused, whatever it knows of the job', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const peer = stranger(broker);
  await assert.rejects(peer.request('broker/hello', { version: 2, ...worker }), { message: UNPROVEN });
  await knock(peer);
  await assert.rejects(peer.request('broker/hello', { version: 2, ...worker }), { message: UNPROVEN });
  await assert.rejects(
    peer.request('command/exec', { command: ['true'] }),
    /command\/exec came before broker\/hello/,
  );
  peer.close('done');
});

test('a proof is good for one greeting, of one connection and of one job', async () => {
  await using broker = await aBroker();
  const [worker, other] = [await broker.worker(), await broker.worker()];
  const [one, two] = [stranger(broker), stranger(broker)];
  const [nonce] = [await knock(one), await knock(two)];
  assert.equal(await knock(one), nonce, 'a connection gets no second one');

  leaveProof(place(broker), nonce, worker.jobId);
  const hello = { version: 2, ...worker, nonce };
  await assert.rejects(two.request('broker/hello', hello), { message: UNPROVEN }, 'of another connection');
  await assert.rejects(
    one.request('broker/hello', { version: 2, ...other }),
    { message: UNPROVEN },
    'of another job',
  );
  assert.deepEqual(proofs(broker), [], 'it was taken away all the same');
  leaveProof(place(broker), nonce, worker.jobId);
  await assert.rejects(one.request('broker/hello', hello), { message: UNPROVEN }, 'a nonce that was used');
  for (const peer of [one, two]) peer.close('done');
});

test('a link is no proof, and neither is a file with a second name', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const { layout } = broker.world.context();
  const real = broker.world.write('real', worker.jobId);
  for (const make of [symlinkSync, linkSync]) {
    const peer = stranger(broker);
    make(real, join(layout.brokers, `${broker.id}.${await knock(peer)}.proof`));
    await assert.rejects(peer.request('broker/hello', { version: 2, ...worker }), { message: UNPROVEN });
    peer.close('done');
  }
  assert.ok(existsSync(real));
  assert.deepEqual(proofs(broker), []);
});

test('only the holder of a lease on record may greet', async () => {
  await using broker = await aBroker();
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  const another = identify(sleeper.pid ?? 0);
  assert.ok(another);
  const refused = async (hello: Hello, message: RegExp, version?: number) => {
    const peer = stranger(broker);
    await assert.rejects(prove(broker, peer, hello, version), { message });
    peer.close('done');
  };
  const worker = await broker.worker();
  await refused({ jobId: 'task-aaaaaaaa-bbbbbbbb', holder: ownIdentity() }, /has no lease on this broker/);
  await refused({ ...worker, holder: another }, /has no lease on this broker/);
  await refused({ ...worker, jobId: '../../../etc' }, /speaks version 2, and to jobs only/);
  await refused(worker, /speaks version 2, and to jobs only/, 1);
  const ofTheDead = await broker.worker({}, another);
  sleeper.kill('SIGKILL');
  await once(sleeper, 'exit');
  await refused(ofTheDead, /has no lease on this broker/);
  assert.deepEqual(proofs(broker), []);
});

test('a job is connected once; its worker may come again when its connection was cut', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const first = await broker.client(worker);
  const { threadId } = await startThread(first, broker.world);
  await assert.rejects(broker.client(worker), { message: `Job ${worker.jobId} is connected already.` });
  await first.request('thread/read', { threadId }); // it was not disturbed
  first.close();
  const again = await broker.client(worker);
  await startThread(again, broker.world);
});

test('who has greeted greets no second time, for another job', async () => {
  await using broker = await aBroker();
  const [worker, other] = [await broker.worker(), await broker.worker({ write: true })];
  const peer = stranger(broker);
  await prove(broker, peer, worker);
  await assert.rejects(prove(broker, peer, other), { message: `Job ${worker.jobId} has greeted already.` });
  peer.close('done');
  await until('its last proof is taken away', () => proofs(broker).length === 0);
});

test('who does not greet is hung up on after 3 s, or 64 KB', async () => {
  await using broker = await aBroker();
  const silent = stranger(broker);
  const knocker = stranger(broker);
  await knock(knocker);
  const talker = stranger(broker);
  talker.write('x'.repeat(200_000));
  await talker.closed;
  await silent.closed;
  await knocker.closed;
  const worker = await broker.client();
  await startThread(worker, broker.world);
});

test('strangers without number crowd out no worker', async () => {
  await using broker = await aBroker();
  const crowd = Array.from({ length: 400 }, () => stranger(broker));
  await crowd[0]?.closed;
  await startThread(await broker.client(), broker.world);
  for (const peer of crowd) peer.close('done');
});

test('what a killed client left of its greeting goes with its connection, or with the broker', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const peer = stranger(broker);
  leaveProof(place(broker), await knock(peer), worker.jobId);
  peer.close('killed');
  await until('its proof is taken away', () => proofs(broker).length === 0);
  // One whose client wrote it after having been hung up on; the end of this test proves that nothing stays.
  leaveProof(place(broker), newNonce(), worker.jobId);
});

test('a broker answers a knock of anybody, which is how a mute one is told from it', async () => {
  await using broker = await aBroker();
  await callBroker(place(broker), 3_000);
  const peer = stranger(broker);
  // As release 1.1.0 asks.
  const old = { version: 1, jobId: '', holder: ownIdentity() };
  await assert.rejects(peer.request('broker/hello', old), /speaks version 2/);
  peer.close('done');
  assert.equal((await readyBroker(broker.world, 1)).id, broker.id);
});

test('a broker whose state cannot be trusted lets nobody in', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const peer = stranger(broker);
  const { layout } = broker.world.context();
  const request = join(layout.jobs, worker.jobId, 'request.json');
  writeFileSync(request, '{"version": 1');
  await assert.rejects(
    prove(broker, peer, worker),
    /^RpcError: The greeting cannot be checked: .*is damaged/,
  );
  peer.close('done');
});

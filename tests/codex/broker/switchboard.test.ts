/** The switchboard between clients and one app-server: a real broker, clients of our own, a fake Codex. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { ConnectionLostError, RpcError } from '../../../scripts/codex/wire/rpc.ts';
import { leaveProof } from '../../../scripts/state/workspace/proofs.ts';
import {
  aBroker,
  startThread,
  threadRequest,
  turnRequest as turn,
} from '../../support/codex/broker-clients.ts';
import { until } from '../../support/wait.ts';

test('a thread’s notifications go to the client that started it and to nobody else', async () => {
  await using broker = await aBroker();
  const [one, two] = [await broker.client(), await broker.client()];
  const { threadId, heard } = await startThread(one, broker.world);
  const overheard: string[] = [];
  two.onNotification(threadId, ({ method }) => overheard.push(method));
  await one.request('turn/start', turn(threadId, '[[say:hello]]'));
  await until('the turn has ended', () => heard.includes('turn/completed'));
  assert.deepEqual(overheard, []);
});

test('another job cannot work on a thread that somebody works on, and can afterwards', async () => {
  await using broker = await aBroker();
  const worker = await broker.worker();
  const [one, two] = [await broker.client(worker), await broker.client()];
  const { threadId } = await startThread(one, broker.world);
  await one.request('turn/start', turn(threadId, '[[hang]]'));
  const resumed = { ...threadRequest(broker.world), threadId, excludeTurns: true };
  for (const [method, params, reason] of [
    ['thread/resume', resumed, `Job ${worker.jobId} is working on thread ${threadId}.`],
    ['turn/interrupt', { threadId, turnId: 'x' }, `Job ${worker.jobId} is working on thread ${threadId}.`],
    ['turn/start', turn(threadId, 'me too'), /^The broker does not pass on turn\/start with this threadId: /],
  ] as const)
    await assert.rejects(two.request(method, params), (error) => {
      assert.ok(error instanceof RpcError);
      assert.match(error.message, typeof reason === 'string' ? new RegExp(`^${reason}$`) : reason);
      return true;
    });
  one.close();
  // Waits for what the first one left to be stopped.
  await two.request('thread/resume', resumed);
  await two.request('turn/start', turn(threadId, '[[say:mine now]]'));
});

test('what a client leaves is stopped: the turn interrupted, its commands ended, the thread unloaded', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client, broker.world);
  const mark = `${broker.world.folder}/left`;
  await client.request('turn/start', turn(threadId, `[[exec:exec -a ${mark} sleep 300]]`));
  const running = () => broker.world.processes().some(({ command }) => command.startsWith(mark));
  await until('the command runs', running);
  client.close();
  await until('the command is gone', () => !running());
  const asked = (method: string) => broker.world.codex.requests(method).map((params) => params.threadId);
  await until('the thread is let go', () => asked('thread/unsubscribe').includes(threadId));
  assert.ok(asked('turn/interrupt').includes(threadId));
});

test('a client that goes while its turn is being started leaves no turn behind', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client, broker.world);
  broker.world.codex.set({ slow: { 'turn/start': 300 } });
  client.request('turn/start', turn(threadId, '[[hang]]')).catch(() => {});
  await until('it is asked for', () =>
    broker.world.codex.requests('turn/start').some((params) => params.threadId === threadId),
  );
  client.close();
  const interrupted = () =>
    broker.world.codex.requests('turn/interrupt').some((params) => params.threadId === threadId);
  await until('the turn is interrupted', interrupted);
});

test('an overloaded app-server is asked again, and the client hears of an error only if it is one', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  broker.world.codex.set({ overloaded: { 'thread/start': 3 } });
  const { threadId } = await startThread(client, broker.world);
  assert.match(threadId, /^[0-9a-f-]{36}$/);
  broker.world.codex.set({ refuse: { 'thread/start': { code: -32_600, message: 'no such model' } } });
  await assert.rejects(startThread(client, broker.world), {
    name: 'RpcError',
    code: -32_600,
    message: 'no such model',
  });
});

test('foreign bytes from the app-server, and from a client, are skipped', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId, heard } = await startThread(client, broker.world);
  const noise = connect(broker.socket);
  noise.write(Buffer.from([0xff, 0xfe, 0x0a, 0x7b, 0x0a]));
  noise.write('{"id":1,"method":"thread/start"}\nno json at all\n');
  await client.request('turn/start', turn(threadId, '[[foreign]][[big:2000000]]'));
  await until('the turn has ended', () => heard.includes('turn/completed'));
  noise.destroy();
});

test('a client that does not read holds nobody else up', async () => {
  await using broker = await aBroker();
  const slow = connect(broker.socket);
  const say = (id: number, method: string, params: object) =>
    slow.write(`${JSON.stringify({ id, method, params })}\n`);
  const worker = await broker.worker();
  say(1, 'broker/knock', {});
  const nonce = await answerOn(slow, /"nonce":"(\w+)"/);
  leaveProof({ layout: broker.world.context().layout, brokerId: broker.id }, nonce, worker.jobId);
  say(2, 'broker/hello', { version: 2, ...worker });
  say(3, 'thread/start', threadRequest(broker.world));
  const threadId = await answerOn(slow, /"id":3,"result":.*?"id":"([^"]+)"/);
  slow.pause();
  say(4, 'turn/start', turn(threadId, '[[big:20000000]]'));

  const quick = await broker.client();
  const other = await startThread(quick, broker.world);
  await quick.request('turn/start', turn(other.threadId, '[[say:quick]]'));
  await until('the other turn has ended', () => other.heard.includes('turn/completed'));
  slow.destroy();
});

async function answerOn(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return until(`${pattern} is answered`, () => pattern.exec(text)?.[1]);
}

test('when the app-server dies, clients hear its last words and nothing else', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client, broker.world);
  await client.request('turn/start', turn(threadId, '[[die]]'));
  assert.match(await client.closed, /codex app-server exited with status 101 \(.*panicked/);
  await assert.rejects(client.request('config/read', {}), ConnectionLostError);
});

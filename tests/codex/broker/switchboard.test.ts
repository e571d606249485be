/** The switchboard between clients and one app-server: a real broker, clients of our own, a fake Codex. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { type BrokerClient, connectToBroker } from '../../../scripts/codex/brokering/client.ts';
import { ConnectionLostError, RpcError } from '../../../scripts/codex/wire/rpc.ts';
import { ownIdentity } from '../../../scripts/process/identity.ts';
import { readyBroker, task, untilNoBroker, untilTurnRuns } from '../../support/codex/codex-jobs.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** A broker that is held by a job, and clients besides it. */
async function aBroker() {
  const world = await aWorkspace({ codex: {} });
  const holder = await task(world, '[[slow:20]]');
  await untilTurnRuns(world, holder);
  const { socket, pids } = await readyBroker(world);
  const clients: BrokerClient[] = [];
  return {
    ...{ world, socket, pids },
    async client(jobId = `job-${clients.length}`): Promise<BrokerClient> {
      const client = await connectToBroker(socket, { jobId, holder: ownIdentity() }, 3_000);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await endWorker(world, holder);
      await untilNoBroker(world);
      await world[Symbol.asyncDispose]();
    },
  };
}

async function endWorker(world: World, id: string): Promise<void> {
  const { claim } = world.reading(id).facts;
  if (claim?.kind === 'worker') process.kill(claim.worker.pid, 'SIGTERM');
  await world.untilStage(id, 'finished');
}

async function startThread(client: BrokerClient): Promise<{ threadId: string; heard: string[] }> {
  const { thread } = (await client.request('thread/start', { cwd: '/' })) as { thread: { id: string } };
  const heard: string[] = [];
  client.onNotification(thread.id, ({ method }) => heard.push(method));
  return { threadId: thread.id, heard };
}

function turn(threadId: string, prompt: string) {
  return { threadId, input: [{ type: 'text', text: prompt, text_elements: [] }] };
}

test('a thread’s notifications go to the client that started it and to nobody else', async () => {
  await using broker = await aBroker();
  const [one, two] = [await broker.client(), await broker.client()];
  const { threadId, heard } = await startThread(one);
  const overheard: string[] = [];
  two.onNotification(threadId, ({ method }) => overheard.push(method));
  await one.request('turn/start', turn(threadId, '[[say:hello]]'));
  await until('the turn has ended', () => heard.includes('turn/completed'));
  assert.deepEqual(overheard, []);
});

test('another job cannot work on a thread that somebody works on, and can afterwards', async () => {
  await using broker = await aBroker();
  const [one, two] = [await broker.client('task-of-one'), await broker.client()];
  const { threadId } = await startThread(one);
  await one.request('turn/start', turn(threadId, '[[hang]]'));
  for (const method of ['thread/resume', 'turn/start', 'turn/interrupt'])
    await assert.rejects(two.request(method, turn(threadId, 'me too')), (error) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.message, `Job task-of-one is working on thread ${threadId}.`);
      return true;
    });
  one.close();
  // Waits for what the first one left to be stopped.
  await two.request('thread/resume', { threadId });
  await two.request('turn/start', turn(threadId, '[[say:mine now]]'));
});

test('what a client leaves is stopped: the turn interrupted, its commands ended, the thread unloaded', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client);
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
  const { threadId } = await startThread(client);
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
  const { threadId } = await startThread(client);
  assert.match(threadId, /^[0-9a-f-]{36}$/);
  broker.world.codex.set({ refuse: { 'thread/start': { code: -32_600, message: 'no such model' } } });
  await assert.rejects(startThread(client), { name: 'RpcError', code: -32_600, message: 'no such model' });
});

test('foreign bytes from the app-server, and from a client, are skipped', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId, heard } = await startThread(client);
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
  say(1, 'broker/hello', { version: 1, jobId: 'slow', holder: ownIdentity() });
  say(2, 'thread/start', { cwd: '/' });
  const threadId = await threadNamedOn(slow);
  slow.pause();
  say(3, 'turn/start', turn(threadId, '[[big:20000000]]'));

  const quick = await broker.client();
  const other = await startThread(quick);
  await quick.request('turn/start', turn(other.threadId, '[[say:quick]]'));
  await until('the other turn has ended', () => other.heard.includes('turn/completed'));
  slow.destroy();
});

async function threadNamedOn(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return until('the thread is named', () => /"id":2,"result":.*?"id":"([^"]+)"/.exec(text)?.[1]);
}

test('when the app-server dies, clients hear its last words and nothing else', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client);
  await client.request('turn/start', turn(threadId, '[[die]]'));
  assert.match(await client.closed, /codex app-server exited with status 101 \(.*panicked/);
  await assert.rejects(client.request('config/read', {}), ConnectionLostError);
});

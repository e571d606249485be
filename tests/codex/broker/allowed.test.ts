/** What a job may ask of the app-server through the broker: a real broker, clients of our own, a fake Codex. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerClient } from '../../../scripts/codex/brokering/client.ts';
import { aBroker, startThread, threadRequest, turnRequest } from '../../support/codex/broker-clients.ts';
import { outcomeOf, resultOf, task } from '../../support/codex/codex-jobs.ts';
import { aWorkspace, type World } from '../../support/world.ts';

type Params = Record<string, unknown>;

const WIDE = { type: 'dangerFullAccess' };
const WRITING = {
  ...{ type: 'workspaceWrite', writableRoots: [], networkAccess: false },
  ...{ excludeTmpdirEnvVar: false, excludeSlashTmp: false },
};

async function refuses(client: BrokerClient, method: string, params: Params, wrong?: string): Promise<void> {
  const message = wrong
    ? new RegExp(
        `^The broker does not pass on ${method} with this ${wrong}: it is not what job task-\\S+ may ask for\\.$`,
      )
    : `The broker does not pass on ${method}: no job needs it.`;
  await assert.rejects(client.request(method, params), { message });
}

/** Nothing of it has reached the app-server. */
function asked(world: World, method: string): unknown[] {
  return world.codex.requests(method);
}

test('a method that no job needs is not passed on', async () => {
  await using broker = await aBroker();
  const client = await broker.client(await broker.worker({ write: true }));
  const methods = [
    'command/exec',
    'config/value/write',
    'fs/writeFile',
    'thread/shellCommand',
    'thread/fork',
  ];
  for (const method of [...methods, 'account/login/start', 'initialize', 'toString', '__proto__']) {
    await refuses(client, method, { command: ['true'] });
    if (method !== 'initialize') assert.deepEqual(asked(broker.world, method), []);
  }
});

test('a thread is opened in the job’s own directory, read-only, and with no program of the client’s', async () => {
  await using broker = await aBroker();
  const client = await broker.client(await broker.worker({ write: true }));
  const right = threadRequest(broker.world);
  const before = asked(broker.world, 'thread/start').length;
  const config = right.config as Params;
  const wrong: [string, Params][] = [
    ['cwd', { ...right, cwd: '/' }],
    ['sandbox', { ...right, sandbox: 'danger-full-access' }],
    ['sandbox', { ...right, sandbox: undefined }],
    ['approvalPolicy', { ...right, approvalPolicy: 'on-request' }],
    ['config', { ...right, config: { ...config, 'mcp_servers.x.command': 'sh' } }],
    ['config', { ...right, config: { ...config, 'sandbox_workspace_write.writable_roots': ['/'] } }],
    ['config', { ...right, config: { ...config, sandbox_mode: 'danger-full-access' } }],
    ['config', { ...right, config: { ...config, plugins: { 'x@y': { enabled: true } } } }],
    ['config', { ...right, config: undefined }],
    ['dynamicTools', { ...right, dynamicTools: [] }],
    ['permissions', { ...right, permissions: 'full' }],
  ];
  for (const [name, params] of wrong) {
    await refuses(client, 'thread/start', params, name);
    await refuses(client, 'thread/resume', { ...params, threadId: 'x', excludeTurns: true }, name);
  }
  await refuses(
    client,
    'thread/resume',
    { ...right, threadId: 'x', excludeTurns: true, path: '/etc/passwd' },
    'path',
  );
  await refuses(client, 'config/read', { cwd: '/' }, 'cwd');
  assert.equal(asked(broker.world, 'thread/start').length, before);
});

test('a turn is on a thread of one’s own, with text alone, and asks for no approval', async () => {
  await using broker = await aBroker();
  const client = await broker.client();
  const { threadId } = await startThread(client, broker.world);
  const right = turnRequest(threadId, 'x');
  const image = [{ type: 'localImage', path: '/etc/passwd' }];
  for (const [name, params] of [
    ['threadId', { ...right, threadId: 'not-mine' }],
    ['threadId', { ...right, threadId: [threadId] }],
    ['input', { ...right, input: image }],
    ['approvalPolicy', { ...right, approvalPolicy: 'on-failure' }],
    ['cwd', { ...right, cwd: '/' }],
    ['environments', { ...right, environments: [] }],
  ] as [string, Params][])
    await refuses(client, 'turn/start', params, name);
  const review = { threadId, target: { type: 'uncommittedChanges' }, delivery: 'inline' };
  await refuses(client, 'review/start', { ...review, threadId: 'not-mine' }, 'threadId');
  await refuses(
    client,
    'review/start',
    { ...review, target: { type: 'custom', instructions: 'x' } },
    'target',
  );
});

test('another approval policy is passed on only where requirements.toml does not allow never, and asks us', async () => {
  const requirements = { allowedApprovalPolicies: ['untrusted', 'on-request'] };
  await using world = await aWorkspace({ codex: { requirements } });
  await using broker = await aBroker(world);
  const client = await broker.client();
  const right = { ...threadRequest(world), approvalPolicy: 'on-request', approvalsReviewer: 'user' };
  await refuses(client, 'thread/start', right, 'approvalPolicy');
  await client.request('configRequirements/read');
  await refuses(client, 'thread/start', { ...right, approvalPolicy: 'untrusted' }, 'approvalPolicy');
  await refuses(client, 'thread/start', { ...right, approvalsReviewer: 'auto_review' }, 'approvalsReviewer');
  await refuses(client, 'thread/start', { ...right, approvalsReviewer: undefined }, 'approvalsReviewer');
  const { thread } = (await client.request('thread/start', right)) as { thread: { id: string } };
  const turn = { ...turnRequest(thread.id, '[[say:ok]]'), approvalPolicy: 'on-request' };
  await refuses(client, 'turn/start', { ...turn, approvalPolicy: 'never' }, 'approvalPolicy');
  await client.request('turn/start', turn);

  const id = await task(world, '[[ask:item/commandExecution/requestApproval]]');
  assert.equal((await outcomeOf(world, id)).ending, 'completed');
  assert.equal(resultOf(world, id).payload.rawOutput, '{"decision":"decline"}');
});

test('a job that may only read gets no wider sandbox, whatever the user’s configuration says', async () => {
  const codex = { config: { sandbox_mode: 'danger-full-access' }, origins: userLayer };
  await using world = await aWorkspace({ codex });
  await using broker = await aBroker(world);
  const client = await broker.client();
  await client.request('config/read', { cwd: world.workspace });
  const { threadId } = await startThread(client, world);
  const right = turnRequest(threadId, '[[say:ok]]');
  for (const sandboxPolicy of [WIDE, WRITING, { type: 'readOnly', networkAccess: true }, undefined])
    await refuses(client, 'turn/start', { ...right, sandboxPolicy }, 'sandboxPolicy');
  await client.request('turn/start', right);
});

test('a job that may write gets what the user’s own configuration gives, and no more', async () => {
  await using broker = await aBroker();
  const client = await broker.client(await broker.worker({ write: true }));
  const { threadId } = await startThread(client, broker.world);
  const right = turnRequest(threadId, '[[say:ok]]');
  await refuses(client, 'turn/start', { ...right, sandboxPolicy: WRITING }, 'sandboxPolicy');
  await client.request('config/read', { cwd: broker.world.workspace });
  for (const sandboxPolicy of [
    WIDE,
    { ...WRITING, networkAccess: true },
    { ...WRITING, writableRoots: ['/'] },
  ])
    await refuses(client, 'turn/start', { ...right, sandboxPolicy }, 'sandboxPolicy');
  await client.request('turn/start', { ...right, sandboxPolicy: WRITING });
});

const userLayer = { sandbox_mode: { name: { type: 'user' } } };

for (const type of ['user', 'project']) {
  const [is, wide] = type === 'user' ? ['is', true] : ['is not', false];
  test(`full access ${is} given to a writing task where the ${type}’s configuration says so`, async () => {
    const origins = { sandbox_mode: { name: { type } } };
    await using world = await aWorkspace({
      codex: { config: { sandbox_mode: 'danger-full-access' }, origins },
    });
    await using broker = await aBroker(world);
    const client = await broker.client(await broker.worker({ write: true }));
    await client.request('config/read', { cwd: world.workspace });
    const { threadId } = await startThread(client, world);
    const turn = { ...turnRequest(threadId, '[[say:ok]]'), sandboxPolicy: WIDE };
    if (wide) await client.request('turn/start', turn);
    else await refuses(client, 'turn/start', turn, 'sandboxPolicy');

    const id = await task(world, '[[say:done]]', { write: true });
    assert.equal((await outcomeOf(world, id)).ending, 'completed');
    assert.equal(resultOf(world, id).rendered.includes('danger-full-access'), wide);
  });
}

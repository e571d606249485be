/** Enqueueing from the shell of the real Codex: refused in its sandbox, accepted outside, wherever that is decided. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  const sandboxes = {
    'workspace-write': ['--sandbox', 'workspace-write'],
    'workspace-write with network': [
      ...['--sandbox', 'workspace-write', '-c', 'sandbox_workspace_write.network_access=true'],
    ],
    'read-only': ['--sandbox', 'read-only'],
  };

  for (const [name, options] of Object.entries(sandboxes)) {
    test(`in the ${name} sandbox a job is refused, even where its state could be written`, async () => {
      await using world = await realWorld(clients);
      const enqueue = `${world.companion} run --background --json -- true`;
      const told = await execute(world, options, `${enqueue}; CODEX_COMPANION_HOME="$PWD/state" ${enqueue}`);
      assert.deepEqual(
        told.map(({ error }) => error?.code),
        ['sandboxed', 'sandboxed'],
      );
      assert.deepEqual(await jobs(world), []);
    });
  }

  test('with full access a job is accepted, though a variable says sandbox, and outlives codex exec', async () => {
    await using world = await realWorld(clients);
    const enqueue = `${world.companion} run --background --json -- sh -c 'until test -e go; do sleep 0.1; done'`;
    const [{ thread }, { jobId }] = await execute(
      world,
      ['--sandbox', 'danger-full-access'],
      `echo "{\\"thread\\":\\"$CODEX_THREAD_ID\\"}"; CODEX_SANDBOX_NETWORK_DISABLED=1 ${enqueue}`,
    );
    const [running] = await jobs(world);
    assert.deepEqual(
      { id: running.id, status: running.status, sessionId: running.sessionId },
      { id: jobId, status: 'running', sessionId: thread },
    );
    await writeFile(join(world.workspace, 'go'), '');
    const { jobs: ended } = await world.ask('wait', jobId);
    assert.equal(ended[0].status, 'completed');
  });

  test('an approved command enqueues from a sandboxed thread', async () => {
    await using world = await realWorld(clients);
    await using server = await world.codex.appServer();
    server.approves = true;
    const thread = await server.startThread({
      ...{ cwd: world.workspace, approvalPolicy: 'on-request', sandbox: 'workspace-write' },
    });
    await server.turn(thread, `[[escalate:${world.companion} run --background --json -- true]]`);
    const [told] = answers(world);
    assert.equal(told?.status, 'queued');
    const { jobs: ended } = await world.ask('wait', told.jobId);
    assert.deepEqual([ended[0].status, ended[0].sessionId], ['completed', thread]);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests compare what they find in it
type Json = any;

/** One `codex exec` whose model runs a command; returns the JSON objects that the command printed. */
async function execute(world: RealWorld, options: string[], command: string): Promise<Json[]> {
  const args = ['exec', '--skip-git-repo-check', ...options, `[[exec:${command}]][[say:done]]`];
  const { code, stderr } = await world.codex.run(args, { cwd: world.workspace });
  assert.equal(code, 0, stderr);
  return answers(world);
}

function answers(world: RealWorld): Json[] {
  const output = world.codexModel.requests.at(-1)?.outputs.join('\n') ?? '';
  return [...output.matchAll(/^\{.*\}$|^\{$[\s\S]*?^\}$/gm)].map(([text]) => JSON.parse(text));
}

async function jobs(world: RealWorld): Promise<Json[]> {
  const { running, latestFinished, recent } = await world.ask('status', '--all');
  return [...running, ...recent, ...(latestFinished ? [latestFinished] : [])];
}

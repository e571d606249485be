/** The agent is told: real Claude Code, a scripted model, jobs that end while it does this or that. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { installClients, versions } from '../support/real/clients.ts';
import { tmuxMissing } from '../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../support/real/world.ts';
import { until } from '../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

if ('skip' in clients || skip) {
  test('the agent is told', { skip }, () => undefined);
} else {
  for (const [version, program] of [
    [versions.claude, clients.claude],
    [versions.olderClaude, clients.olderClaude],
  ] as const) {
    test(`claude ${version}, idle: the end of a job makes a request by itself, with outcome and lines`, async () => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const job = await gatedJob(world, session, 'echo one; echo two; exit 3');
      const before = world.claudeModel.agentRequests().length;
      const end = performance.now();
      job.open();
      const text = await until('a request that nobody asked for', () => {
        const asked = world.claudeModel.agentRequests();
        return asked.length > before && world.claudeModel.newText();
      });
      console.log(`wake after ${Math.round(performance.now() - end)} ms\n${text}`);
      assert.match(text, new RegExp(`${job.id} .*failed \\(exit 3\\) after`));
      assert.match(text, /\| two/);
      await until(
        'the receipt is seen',
        async () => (await noticeOf(world, job.id)).state === 'delivered',
        20_000,
      );
      assert.equal(await session.exit(), 0);
    });
  }
}

interface GatedJob {
  id: string;
  open(): void;
}

/** A background job, started by the agent itself, that ends when its gate is opened. */
async function gatedJob(
  world: RealWorld,
  session: Parameters<RealWorld['bash']>[0],
  then: string,
): Promise<GatedJob> {
  const gate = world.account.path(`gate-${Math.random().toString(36).slice(2)}`);
  writeFileSync(gate, '');
  const command = `while [ -e ${gate} ]; do sleep 0.05; done; ${then}`;
  const text = await world.bash(session, `codex-companion run --background --json -- sh -c '${command}'`);
  const id = JSON.parse(text).jobId;
  return { id, open: () => rmSync(gate) };
}

async function noticeOf(world: RealWorld, id: string) {
  return (await world.ask('status', id)).job.notice;
}

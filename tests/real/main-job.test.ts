/** The main job: a task that the agent started goes on when its session ends, and the next session has its result. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survivors } from '../support/leaks.ts';
import type { ClaudeSession } from '../support/real/claude-session.ts';
import { installClients, versions } from '../support/real/clients.ts';
import { tmuxMissing } from '../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../support/real/world.ts';
import { until } from '../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  const claudes = { [versions.claude]: clients.claude, [versions.olderClaude]: clients.olderClaude };

  const endings: Record<string, (session: ClaudeSession) => Promise<unknown>> = {
    '/exit': async (session) => assert.equal(await session.exit(), 0),
    SIGTERM: async (session) => assert.equal(await ended(session, 'SIGTERM'), 143),
    SIGHUP: async (session) => assert.equal(await ended(session, 'SIGHUP'), 129),
    SIGKILL: async (session) => assert.equal(await ended(session, 'SIGKILL'), 137),
    '/clear': async (session) => session.say('/clear'),
  };

  for (const [version, program] of Object.entries(claudes)) {
    for (const [ending, end] of Object.entries(endings)) {
      test(`claude ${version}: a background task outlives ${ending}`, { skip: tmuxMissing() }, async () => {
        await using world = await realWorld(clients, program);
        await using first = await world.startSession();
        const task = `codex-companion task --background --json '[[slow:6]][[say:TASK-DONE]]'`;
        const { jobId } = JSON.parse(await world.bash(first, task));
        await until('the turn waits for its model', () => world.codexModel.requests.length === 1);

        await end(first);
        const before = await world.ask('status', jobId);
        assert.deepEqual([before.job.status, before.job.background], ['running', true]);
        assert.equal((await world.ask('wait', jobId)).jobs[0].status, 'completed');
        await until('broker and app-server are gone', () => brokers(world).length === 0, 5_000);

        await using next = ending === '/clear' ? first : await world.startSession();
        const { storedJob } = JSON.parse(await world.bash(next, `codex-companion result ${jobId} --json`));
        assert.match(storedJob.result.rawOutput, /TASK-DONE/);
        assert.equal(await next.exit(), 0);
      });
    }
  }
}

async function ended(session: ClaudeSession, signal: NodeJS.Signals): Promise<number> {
  session.signal(signal);
  return session.exited();
}

function brokers(world: RealWorld) {
  return survivors(world.account.root).filter(({ command }) => /broker\.mjs|app-server/.test(command));
}

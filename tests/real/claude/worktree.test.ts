/** `claude --worktree` works in a worktree that it makes, and removes after the session: the main repository is its heir. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { assertDelivered, gatedJob } from '../../support/real/notices.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version} --worktree: after its worktree has gone, a session of the main repository is told, and status lists the job`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, program);
      const worktrees = join(world.workspace, '.claude/worktrees');
      await using first = await world.claude.start({ cwd: world.workspace, args: ['--worktree', 'side'] });
      const job = await gatedJob(world, first);
      assert.equal(await world.bash(first, 'pwd'), join(worktrees, 'side'));
      assert.equal(await first.exit(), 0);
      await until('the client has removed its worktree', () => !existsSync(join(worktrees, 'side')));
      job.open();
      await until(
        'the job has ended',
        async () => (await world.ask('status', job.id)).job.status !== 'running',
      );
      await using next = await world.startSession();
      const told = await world.bash(next, 'codex-companion status');
      assert.match(told, new RegExp(job.id));
      await assertDelivered(world, job.id);
      assert.deepEqual(existsSync(worktrees) ? readdirSync(worktrees) : [], []);
      assert.equal(await next.exit(), 0);
    });
  }
}

/** Our plugin in the real hosts, installed as a user installs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installClients, versions } from '../support/real/clients.ts';
import { tmuxMissing } from '../support/real/tmux.ts';
import { realWorld } from '../support/real/world.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  const claudes = { [versions.claude]: clients.claude, [versions.olderClaude]: clients.olderClaude };

  for (const [version, program] of Object.entries(claudes)) {
    test(`claude ${version} runs commands in one session, then in the next`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, program);
      await using first = await world.startSession();
      assert.equal(await world.bash(first, 'git log --format=%s'), 'Start');
      assert.match(await world.bash(first, 'codex --version'), new RegExp(versions.codex));
      await using second = await world.newSession(first);
      assert.equal(await world.bash(second, 'echo "$PWD"'), world.workspace);
      assert.equal(await second.exit(), 0);
      const { stdout } = await world.claude.run(['plugin', 'list'], { cwd: world.workspace });
      assert.match(stdout, /codex@codex-companion/);
    });
  }

  test('codex installs the plugin by its two commands', async () => {
    await using world = await realWorld(clients);
    await world.codexPluginInstall();
    const { stdout } = await world.codex.run(['plugin', 'list'], { cwd: world.workspace });
    assert.match(stdout, /codex@codex-companion/);
  });
}

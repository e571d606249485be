/** What our slash commands show comes from us at once: the real Claude Code asks no model for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: /codex:status, result and cancel are on the screen without a request; the model is told with the next prompt, once`, async (t) => {
      await using world = await realWorld(clients, program);
      const ended = [
        ['--name', 'tests', '--', 'sh', '-c', 'echo "3 of 243 failed"; exit 1'],
        ['--', 'true'],
      ];
      for (const words of ended) await world.cli('run', ...words);
      const { jobId } = await world.ask('run', '--background', '--name', 'dev', '--', 'sleep', '600');
      await using session = await world.startSession();
      const before = world.claudeModel.agentRequests().length;

      const began = performance.now();
      session.type('/codex:status');
      await session.waitScreen('the line', '/codex:status');
      session.press('Enter');
      const screen = await session.waitScreen('the list', /tests +✖ exit 1/);
      t.diagnostic(`on the screen after ${Math.round(performance.now() - began)} ms`);
      assert.match(screen, /dev +● running/);
      assert.match(screen, /\/codex:result 1/);
      await session.say(`/codex:result 1`);
      await session.waitScreen('the result', '3 of 243 failed');
      await session.say(`/codex:cancel ${jobId}`);
      await session.waitScreen('what was stopped', /cancelled/i);
      await until(
        'the job has ended',
        async () => (await world.ask('status', jobId)).job.status === 'cancelled',
      );
      assert.equal(world.claudeModel.agentRequests().length, before);

      await session.say('And now?');
      await until('the model is asked', () => world.claudeModel.agentRequests().length > before);
      const told = JSON.stringify(world.claudeModel.agentRequests().at(-1));
      assert.match(told, /codex-companion has shown the user this, for \/codex:cancel/);
      await session.say('And then?');
      await until('the model is asked again', () => world.claudeModel.newText().includes('And then?'));
      assert.doesNotMatch(world.claudeModel.newText(), /has shown the user/);
      assert.equal(await session.exit(), 0);
    });

    test(`claude ${version} -p prints what /codex:status shows, and asks no model`, async () => {
      await using world = await realWorld(clients, program);
      await world.cli('run', '--name', 'tests', '--', 'false');
      const before = world.claudeModel.agentRequests().length;
      const { stdout, code } = await world.claude.print('/codex:status', { cwd: world.workspace });
      assert.match(stdout, /tests .*✖ exit 1/);
      assert.equal(code, 0);
      assert.equal(world.claudeModel.agentRequests().length, before);
    });
  }
}

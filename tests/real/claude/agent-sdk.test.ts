/** The recipe for the Agent SDK as it stands in docs/recipes/agent-sdk.md: one agent process per turn, and a job that outlives it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { survivors } from '../../support/leaks.ts';
import { installAgentSdk } from '../../support/real/agent-sdk.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const sdk = 'skip' in clients ? clients : await installAgentSdk(clients);

if ('skip' in clients || 'skip' in sdk) {
  test('the real programs', { skip: 'skip' in sdk ? sdk.skip : false }, () => undefined);
} else {
  test('a job outlives the turn and the agent process that started it, and its end calls the agent back, with the notice once', async (t) => {
    await using world = await realWorld(clients);
    const gate = join(world.workspace, 'gate');
    const job = `sh -c "until [ -e gate ]; do sleep 0.1; done; echo 3 of 40 tests FAILED; exit 3"`;
    world.claudeModel.script(
      {
        when: { newText: 'Run the tests' },
        tools: [bash('start', `codex-companion run --background -- ${job}`)],
      },
      { when: { resultOf: 'start' }, text: 'They run.' },
      { when: { newText: 'has ended' }, text: 'They have failed.' },
    );
    await using program = runRecipe(world, sdk.modules, 'Run the tests.');

    const [started] = await until(
      'the job is on record',
      () => readState(world.layout).jobs.length > 0 && readState(world.layout).jobs,
    );
    await until('the turn is over', () => world.claudeModel.agentRequests().length === 2);
    await until('its agent process is gone', () => agents(world).length === 0);
    const id = started?.id ?? assert.fail();
    assert.equal((await world.ask('status', id)).job.status, 'running');

    writeFileSync(gate, '');
    const ended = performance.now();
    await until('the agent is called back', () => world.claudeModel.agentRequests().length === 3);
    t.diagnostic(`called back ${Math.round(performance.now() - ended)} ms after the job's end`);
    const told = world.claudeModel.newText();
    assert.match(told, new RegExp(`Your background job ${id} has ended: .*3`), told);
    assert.match(told, /3 of 40 tests FAILED/);
    const all = JSON.stringify(world.claudeModel.agentRequests().at(-1)?.messages);
    assert.equal(all.split('codex-companion notice ').length - 1, 1, all);
    await until('that turn is over, too', () => agents(world).length === 0);
    assert.equal(world.claudeModel.agentRequests().length, 3);
    await program.stop();
    assert.equal(program.stderr(), '');
    await nothingIsLeft(world);
  });
}

function bash(id: string, command: string) {
  return { id, name: 'Bash', input: { command, description: id } };
}

/** The lines of the recipe, in the workspace, as a program of the user's. */
function runRecipe(world: RealWorld, modules: string, prompt: string) {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/recipes/agent-sdk.md'), 'utf8');
  const [, lines = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? assert.fail('no lines in the recipe');
  const folder = world.account.path('program');
  mkdirSync(folder);
  writeFileSync(join(folder, 'agent.mjs'), lines);
  symlinkSync(modules, join(folder, 'node_modules'));
  const env = {
    ...world.claude.env,
    PATH: [dirname(world.companion), world.claude.env.PATH].join(delimiter),
  };
  const child = spawn(process.execPath, [join(folder, 'agent.mjs'), prompt], {
    cwd: world.workspace,
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGTERM');
    await ended;
  };
  return { stop, stderr: () => stderr, [Symbol.asyncDispose]: stop };
}

function agents(world: RealWorld) {
  return survivors(world.account.root).filter(({ command }) => /\/claude\b.*stream-json/.test(command));
}

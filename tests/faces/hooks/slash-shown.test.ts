/** What a slash command shows to the user himself, and what its model hears of that. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClient } from '../../support/hosts/fake-client.ts';
import { aWorkspace, type World } from '../../support/world.ts';

async function aSession(world: World): Promise<FakeClient> {
  const client = new FakeClient(world);
  await client.hook('SessionStart', { cwd: world.workspace, source: 'startup' });
  return client;
}

const typed = (world: World, client: FakeClient, name: string, args = '') =>
  client.hook('UserPromptExpansion', { command_name: name, command_args: args, cwd: world.workspace });

const told = async (client: FakeClient): Promise<string> => {
  const answer = await client.hook('UserPromptSubmit');
  return answer === '' ? '' : JSON.parse(answer).hookSpecificOutput.additionalContext;
};

test('it is the answer of the hook, and goes with the next prompt, once', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--name', 'tests', '--', 'sh', '-c', 'echo "<b> &"; exit 3');
  await using client = await aSession(world);
  const { decision, reason, hookSpecificOutput } = JSON.parse(await typed(world, client, 'codex:status'));
  assert.equal(decision, 'block');
  assert.equal(hookSpecificOutput.suppressOriginalPrompt, true);
  assert.match(reason, /tests\x1b\[0m .*✖ exit 3/);
  assert.match(reason, /\/codex:result 1\n/);
  const text = await told(client);
  assert.match(text, /^codex-companion has shown the user this, for \/codex:status\. /);
  assert.match(text, /\n\| 1 +tests +✖ exit 3/);
  assert.doesNotMatch(text, /[<>\x1b]/);
  assert.equal(await told(client), '');
});

test('an error is shown as well, with what to type next in the host', async () => {
  await using world = await aWorkspace();
  await using client = await aSession(world);
  const { reason } = JSON.parse(await typed(world, client, 'codex:result', 'nope'));
  assert.match(reason, /No job matches "nope"\.\n {2}try: \/codex:status --all\n/);
});

test('the model is told no more than 1,500 characters, of what was shown last', async () => {
  await using world = await aWorkspace();
  const lines = 'for n in 1 2 3 4 5 6 7 8 9; do echo "$n $(printf %0300d 0)"; done; exit 1';
  await world.cli('run', '--name', 'long', '--', 'sh', '-c', lines);
  await using client = await aSession(world);
  await typed(world, client, 'codex:status');
  const { reason } = JSON.parse(await typed(world, client, 'codex:result', 'long'));
  assert.ok(reason.length > 1_500, reason);
  const text = await told(client);
  assert.equal(text.length, 1_500);
  assert.match(text, /^codex-companion has shown the user this, for \/codex:result long\. /);
});

test('what a model is to work on, or takes longer than a hook may, and any other command, go their old way', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'true');
  await using client = await aSession(world);
  for (const [name, args] of [
    ['codex:status', '--discuss'],
    ['codex:status', '1 --wait'],
    ['codex:result', '1 --json'],
    ['codex:cancel', '--grace 2m'],
    ['codex:cancel', '--grace=2m'],
    ['codex:review', ''],
    ['other:status', ''],
  ] as const)
    assert.equal(await typed(world, client, name, args), '', `${name} ${args}`);
  const noted = join(world.stateRoot, `sessions/claude-code-${client.sessionId}/shown`);
  assert.equal(existsSync(noted), false);
});

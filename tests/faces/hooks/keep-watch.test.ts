/** Claude Code's one list of watched files: our doorbell stays on it, and so does what other plugins have there. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClient } from '../../support/hosts/fake-client.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

const watched = (answer: string): string[] => JSON.parse(answer).hookSpecificOutput.watchPaths;

test('after a change of directory, and of another plugin’s file, the doorbell is given again, and that file with it', async () => {
  await using world = await aWorkspace();
  await using client = new FakeClient(world);
  const [bell = ''] = watched(await client.hook('SessionStart', { source: 'startup' }));
  assert.deepEqual(watched(await client.hook('CwdChanged', { new_cwd: '/' })), [bell]);
  const changed = (file: string) => client.hook('OtherFileChanged', { file_path: file, event: 'change' });
  for (const file of ['/p/.envrc', '/p/with a \\ and é/.envrc'])
    assert.deepEqual(watched(await changed(file)), [bell, file]);
  for (const file of [join(bell, 'ring'), join(bell, 'ring-2'), '/p/with a " in it'])
    assert.equal(await changed(file), '', file);
});

test('without a doorbell, as after the end of the session, nothing is answered', async () => {
  await using world = await aWorkspace();
  await using client = new FakeClient(world);
  const calls = async () => [
    await client.hook('CwdChanged', { new_cwd: '/' }),
    await client.hook('OtherFileChanged', { file_path: '/p/.envrc', event: 'change' }),
  ];
  assert.deepEqual(await calls(), ['', '']);
});

test('doctor names a job for which the doorbell rang and nobody came', async () => {
  await using world = await aWorkspace();
  await using client = new FakeClient(world);
  await client.hook('SessionStart', { source: 'startup', cwd: world.workspace });
  const id = await client.background('true');
  await world.untilStage(id, 'finished');
  const problems = async () =>
    (await world.cli('doctor', '--json')).json.problems.filter((one: string) => one.includes('doorbell'));
  assert.deepEqual(await problems(), []);
  const file = join(world.context().layout.jobs, id, 'outcome.json');
  const outcome = JSON.parse(readFileSync(file, 'utf8'));
  const finishedAt = new Date(Date.now() - 120_000).toISOString();
  writeFileSync(file, JSON.stringify({ ...outcome, finishedAt }));
  assert.match((await problems()).join(), new RegExp(`rang for ${id}, and the client did not come`));
  // On a loaded machine a hook gives up silently: it is called again.
  await until('the prompt brings the notice', () => client.hook('UserPromptSubmit', { prompt: 'Go on.' }));
  assert.deepEqual(await problems(), []);
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

const outcomeOf = async (world: World, id: string) => {
  await world.cli('wait', id);
  const { exitCode, stillRunning } = world.reading(id).facts.outcome ?? {};
  return { exitCode, stillRunning };
};

test('the & at the end of a shell text is taken off and makes a background job', async () => {
  await using world = await aWorkspace();
  const { code, json, stderr } = await world.cli('run', '--json', '--shell', 'sleep 300 &');
  assert.equal(code, 0);
  assert.match(stderr, /^Runs as one job in the background: sleep 300\n\(one command without its &: /);
  const { program, meaning: _, ...shell } = json.shell;
  assert.match(program, /\/bash$/);
  assert.deepEqual(shell, { starts: 'yes', parts: 1, foreground: false, text: 'sleep 300 ' });
  const { spec, background } = JSON.parse(readFileSync(join(json.logFile, '../request.json'), 'utf8'));
  assert.deepEqual({ spec, background }, { spec: { argv: [program, '-c', 'sleep 300 '] }, background: true });
  assert.equal((await world.cli('cancel', json.jobId)).code, 0);
});

test('a text that starts two things is one job, which ends when both have ended', async () => {
  await using world = await aWorkspace();
  const part = (name: string) => `{ until [ -e ${name} ]; do sleep 0.05; done; : > ${name}-ended; }`;
  const { json, stderr } = await world.cli('run', '--json', '--shell', `${part('a')} & ${part('b')} &`);
  assert.match(stderr, /^Runs as one job in the background: .*\n\(all of it side by side: /);
  const id = json.jobId;
  await world.untilStage(id, 'running');
  for (const name of ['b', 'a']) {
    assert.equal(world.reading(id).state.stage, 'running');
    writeFileSync(join(world.workspace, name), '');
    await until(`${name} has ended`, () => existsSync(join(world.workspace, `${name}-ended`)));
  }
  assert.deepEqual(await outcomeOf(world, id), { exitCode: 0, stillRunning: 0 });
});

test('its status is that of the first that failed, and what follows the & is a part of it', async () => {
  await using world = await aWorkspace();
  const text = '(exit 3) & (sleep 0.2; exit 4) & echo "pid $!"; false';
  const { json } = await world.cli('run', '--json', '--shell', text);
  assert.deepEqual([json.summary, json.shell.parts, json.shell.foreground], [text, 2, true]);
  assert.deepEqual(await outcomeOf(world, json.jobId), { exitCode: 3, stillRunning: 0 });
  assert.match((await world.cli('logs', json.jobId)).stdout, /^pid \d+\n$/);
});

test('a text that is not sure to be one job runs as it is, and says why', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli('run', '--shell', '(exit 6) & wait $!');
  assert.equal(code, 6);
  assert.match(stderr, /^Runs as it is, with its &: it looks after what it started by itself \(wait\)\.\n/);
});

test('a text is for bash, and for sh only where there is none', async () => {
  await using world = await aWorkspace();
  const { code, stdout, stderr } = await world.cli('run', '--shell', '[[ a == a ]] && echo "$BASH" 2>&1');
  assert.equal(code, 0);
  assert.match(stdout, /^\/.*\/bash\n$/);
  assert.doesNotMatch(stderr, /as one job|as it is/);
  const env = { PATH: world.write('empty/README', '').replace('/README', '') };
  const without = await world.cliWith({ env }, 'run', '--json', '--shell', 'true &');
  assert.equal(without.json.shell.program, '/bin/sh');
  assert.deepEqual(await outcomeOf(world, without.json.jobId), { exitCode: 0, stillRunning: 0 });
});

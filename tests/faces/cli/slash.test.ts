import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace } from '../../support/world.ts';

const slash = ['--for-slash-command', '--arguments-from-stdin'];

test('a slash command exits 0 whatever happens, with the reason as text on stdout', async () => {
  await using world = await aWorkspace();
  for (const [stdin, says] of [
    ['', /no finished job/],
    ['run-none-none\n', /No job matches "run-none-none"/],
    ['  run-none-none  \n', /No job matches "run-none-none"/],
    ['--frob\n', /no option --frob/],
    ['it\'s $(odd) `and` "more"\n', /takes one job; it was given 4/],
  ] as const) {
    const { code, stdout } = await world.cliWith({ stdin }, 'result', ...slash);
    assert.equal(code, 0);
    assert.match(stdout, says);
    assert.match(stdout, /^Error: /);
  }
  assert.equal((await world.cli('frob', '--for-slash-command')).code, 0);
});

test('the arguments of a slash command are read like any others', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'exit 3');
  await world.cliWith({ stdin: `${id} --timeout 30s\n` }, 'wait', ...slash);
  const { stdout, code } = await world.cliWith({ stdin: ` ${id}  --wait\n` }, 'status', ...slash);
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`${id} \\| failed \\(exit 3\\)`));
  assert.match(stdout, new RegExp(`Result: /codex:result ${id}`));
  const all = await world.cliWith({ stdin: '\n' }, 'status', ...slash);
  assert.match(all.stdout, /# Codex Status/);
});

test('1.0.5’s form, all arguments in one word, is understood by every verb', async () => {
  await using world = await aWorkspace();
  const id = await world.run('true');
  await world.cli('wait', `${id} --timeout 30s`);
  assert.equal((await world.cli('status', '')).code, 0);
  assert.equal((await world.cli('status', ` ${id} --json `)).json.job.id, id);
  assert.equal((await world.cli('result', `${id} --json`)).json.job.id, id);
  assert.equal((await world.cli('setup', '--json  --enable-review-gate')).json.reviewGateEnabled, true);
});

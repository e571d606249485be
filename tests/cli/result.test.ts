import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aWorkspace } from '../support/world.ts';

test('the result of a command is how it ended and what it printed', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo hello; exit 2');
  await world.cli('wait', id);
  const { code, stdout } = await world.cli('result', id);
  assert.equal(code, 0);
  assert.match(
    stdout,
    new RegExp(`^${id} failed \\(exit 2\\) after .*\nCommand: sh -c echo hello; exit 2\n`),
  );
  assert.match(stdout, /Its output:\n\nhello\n$/);
  const { json } = await world.cli('result', id, '--json');
  assert.deepEqual([json.job.id, json.storedJob.result.status, json.storedJob.rendered], [id, 2, 'hello\n']);
});

test('a job that still runs has no result yet', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const { code, json } = await world.cli('result', id, '--json');
  assert.deepEqual(
    [code, json.error.code, json.error.hint],
    [3, 'wrong-state', `codex-companion wait ${id}`],
  );
  await world.cli('cancel', id);
});

test('without a job the latest finished one is shown, the session’s own first', async () => {
  await using world = await aWorkspace();
  const mine = { env: { CLAUDE_CODE_SESSION_ID: 'mine' } };
  const first = (await world.cliWith(mine, 'run', '--background', '--json', '--', 'true')).json.jobId;
  await world.cli('wait', first);
  const second = await world.run('true');
  await world.cli('wait', second);
  assert.equal((await world.cli('result', '--json')).json.job.id, second);
  assert.equal((await world.cliWith(mine, 'result', '--json')).json.job.id, first);
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('a rerun has the command, directory, name, limits and piped input of the first, and says so', async () => {
  await using world = await aWorkspace();
  mkdirSync(join(world.workspace, 'sub'));
  const first = await world.shell(
    "printf given | cc run --name mine --deadline 5m --json -- sh show.sh 'a b'",
    { cwd: 'sub' },
  );
  world.write('sub/show.sh', 'pwd; cat; echo; printf "%s|" "$@"');
  const { code, stdout, stderr } = await world.cli('rerun', 'mine', '--', '--more', 'c d');
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${realpathSync(join(world.workspace, 'sub'))}\ngiven\na b|--more|c d|`);
  assert.match(
    stderr,
    new RegExp(
      `^Repeats ${first.json.jobId}: sh show\\.sh 'a b' --more 'c d', in .*/sub, deadline 5m 00s$`,
      'm',
    ),
  );
  const { job } = (await world.cli('status', '@last', '--json')).json;
  assert.deepEqual([job.number, job.name], [2, 'mine']);
  assert.equal(world.reading(job.id).facts.request.limits.deadlineSeconds, 300);
});

test('a background job is repeated in the background, or waited for', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'exit 4');
  await world.cli('wait', id);
  const again = await world.cli('rerun', id, '--json');
  assert.deepEqual([again.code, again.json.status], [0, 'queued']);
  assert.equal((await world.cli('wait', again.json.jobId)).code, 4);
  assert.equal((await world.cli('rerun', id, '--wait')).code, 4);
});

test('a text for a shell that has a name takes arguments behind it', async () => {
  await using world = await aWorkspace();
  const first = await world.cli('run', '--json', '--', 'sh', '-c', 'echo "$*"', 'name', 'one');
  const { stdout } = await world.cli('rerun', first.json.jobId, '--', 'two');
  assert.match(stdout, /^one two$/m);
});

test('what cannot be repeated is refused, and nothing is started', async () => {
  await using world = await aWorkspace();
  const live = await world.run('sleep', '60');
  const text = (await world.cli('run', '--shell', 'true', '--json')).json.jobId;
  for (const [args, exit, says] of [
    [[], 2, /rerun @last/],
    [[live], 3, /is still running/],
    [[text, '--', 'more'], 2, /takes no more arguments/],
    [[text, '--failed'], 2, /Nobody knows how to have .* repeat only what failed/],
    [['nothing'], 3, /No job matches/],
  ] as const) {
    const { code, stderr } = await world.cli('rerun', ...args);
    assert.equal(code, exit, stderr);
    assert.match(stderr, says);
  }
  assert.equal((await world.cli('status', '@last', '--json')).json.job.number, 2);
  await world.cli('cancel', live);
});

test('--failed asks the test runner for what failed the last time', async () => {
  await using world = await aWorkspace();
  world.write('bin/pytest', '#!/bin/sh\necho "$@"\n');
  chmodSync(join(world.workspace, 'bin/pytest'), 0o755);
  await world.cli('run', '--name', 'tests', '--', './bin/pytest', '-q');
  assert.equal((await world.cli('rerun', 'tests', '--failed')).stdout, '-q --last-failed\n');
});

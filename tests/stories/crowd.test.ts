import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logOf } from '../support/codex/codex-jobs.ts';
import { assertReadOnce, assertWholeLives, Follower, untilAllEnded } from '../support/follower.ts';
import { long } from '../support/long.ts';
import { aWorkspace } from '../support/world.ts';

const JOBS = long ? 64 : 32;

test(`${JOBS} shell jobs enqueued at once: all are in the state, all complete, two followers are told all of it, nothing is left`, async () => {
  await using world = await aWorkspace();
  const followers = [new Follower(world), new Follower(world)];
  const results = await Promise.all(
    Array.from({ length: JOBS }, (_, index) =>
      world.cli('run', '--background', '--json', '--', 'sh', '-c', `echo ${index}; exit 0`),
    ),
  );
  const ids = results.map((result) => {
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return result.json.jobId as string;
  });
  assert.equal(new Set(ids).size, JOBS);
  const waited = await world.cli('wait', ...ids, '--json');
  assert.deepEqual(
    [...new Set(waited.json.jobs.map((job: { status: string }) => job.status))],
    ['completed'],
  );
  await world.cli('sweep');
  for (const follower of followers) {
    await untilAllEnded(follower, ids);
    await follower.kill();
    await assertReadOnce(world, follower);
    assertWholeLives(follower, ids);
  }
  const history = readFileSync(world.context().layout.historyFile, 'utf8').trim().split('\n');
  assert.deepEqual(history.map((line) => JSON.parse(line).id).sort(), [...ids].sort());
  for (const [index, id] of ids.entries()) {
    assert.equal(logOf(world, id), `${index}\n`);
  }
});

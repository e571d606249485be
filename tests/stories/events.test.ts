import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Follower } from '../support/follower.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

const ROUNDS = Number(process.env.STORY_ROUNDS ?? 4);
const JOBS_AT_ONCE = 64;
const LIMIT_MS = 120_000;

const COMMAND = ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.1; done'];

async function untilAllEnded(follower: Follower, ids: string[]): Promise<void> {
  const ended = () =>
    new Set(follower.events.filter(({ type }) => type === 'ended').map(({ jobId }) => jobId));
  await until('every end is told', () => ids.every((id) => ended().has(id)), LIMIT_MS);
}

/** What the follower has read is what is on record, line by line: no gap and no repeat. */
async function assertReadOnce(world: World, follower: Follower): Promise<void> {
  const { stdout } = await world.cli('events');
  assert.deepEqual(follower.lines, stdout.split('\n').slice(0, follower.lines.length));
}

function assertWholeLives(follower: Follower, ids: string[]): void {
  const types = ['queued', 'started', 'ended'];
  for (const id of ids) {
    const life = follower.events.filter(({ jobId, type }) => jobId === id && types.includes(type));
    assert.deepEqual(
      life.map(({ type }) => type),
      types,
      id,
    );
  }
}

test('a follower killed at any moment and started again with --from sees each event once', async (t) => {
  await using world = await aWorkspace();
  const follower = new Follower(world);
  const ids: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ids.push(await world.run(...COMMAND));
    await delay(Math.random() * 500);
    await follower.killAndRestart();
  }
  await untilAllEnded(follower, ids);
  await follower.kill();
  await assertReadOnce(world, follower);
  assertWholeLives(follower, ids);
  t.diagnostic(`${ROUNDS} kills, ${follower.lines.length} events, each read once`);
});

test('two followers see the same lines of 64 jobs enqueued at once, without a gap', async () => {
  await using world = await aWorkspace();
  const followers = [new Follower(world), new Follower(world)];
  const ids = await Promise.all(
    Array.from({ length: JOBS_AT_ONCE }, () => world.run('sh', '-c', 'echo out')),
  );
  for (const follower of followers) await untilAllEnded(follower, ids);
  await Promise.all(followers.map((follower) => follower.kill()));
  for (const follower of followers) {
    await assertReadOnce(world, follower);
    assertWholeLives(follower, ids);
  }
});

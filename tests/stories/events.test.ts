import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertReadOnce, assertWholeLives, Follower, untilAllEnded } from '../support/follower.ts';
import { aWorkspace } from '../support/world.ts';

const ROUNDS = Number(process.env.STORY_ROUNDS ?? 4);

const COMMAND = ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.1; done'];

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

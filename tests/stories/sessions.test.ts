import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { FakeClient } from '../support/hosts/fake-client.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** `npm run chaos` takes more. */
const ROUNDS = Number(process.env.STORY_ROUNDS ?? 2);

/** A command that ends well once the file is there. */
const gated = (gate: string) => `sh -c 'until [ -e ${gate} ]; do sleep 0.05; done'`;

async function endingOf(world: World, id: string): Promise<string> {
  const { facts } = await world.untilStage(id, 'finished');
  return facts.outcome?.ending ?? 'none';
}

function indexed(world: World, id: string) {
  const { jobs } = JSON.parse(stateText(world));
  return jobs.find((job: { id: string }) => job.id === id);
}

function stateText(world: World): string {
  return readFileSync(world.context().layout.stateFile, 'utf8');
}

test('background: true stays on the record from queued to finished', async () => {
  await using world = await aWorkspace();
  const gate = world.write('gate', '');
  const id = await world.run('sh', '-c', `while [ -e ${gate} ]; do sleep 0.05; done`);
  assert.equal(indexed(world, id).background, true);
  await world.untilStage(id, 'running');
  assert.equal((await world.cli('status', id, '--json')).json.job.background, true);
  assert.equal(indexed(world, id).background, true);
  rmSync(gate);
  await world.cli('wait', id);
  const record = await until('the end is in the index', () => {
    const found = indexed(world, id);
    return found.finished && found;
  });
  assert.equal(record.background, true);
  assert.equal(record.finished.ending, 'completed');
  assert.equal((await world.cli('status', id, '--json')).json.job.background, true);
});

test('a session’s end ends its foreground jobs and nothing else', async () => {
  await using world = await aWorkspace();
  await using mine = new FakeClient(world);
  await using other = new FakeClient(world);
  for (const client of [mine, other]) await client.hook('SessionStart', { source: 'startup' });
  const finished = await mine.background('echo kept');
  await endingOf(world, finished);
  const myBackground = await mine.background(gated('gate'));
  const myForeground = await mine.foreground('sleep 300');
  const otherForeground = await other.foreground(gated('gate'));
  const otherBackground = await other.background(gated('gate'));

  await mine.hook('SessionEnd', { reason: 'clear' });

  assert.equal(await endingOf(world, myForeground), 'cancelled');
  assert.match(world.reading(myForeground).facts.outcome?.reason ?? '', /end of its session/);
  world.write('gate', '');
  for (const id of [myBackground, otherForeground, otherBackground]) {
    assert.equal(await endingOf(world, id), 'completed', id);
  }
  assert.match((await world.cli('result', finished)).stdout, /kept/);
});

test('two sessions in one workspace: the end of one never hurts the other', async () => {
  await using world = await aWorkspace();
  for (let round = 0; round < ROUNDS; round++) {
    await using ending = new FakeClient(world);
    await using staying = new FakeClient(world);
    for (const client of [ending, staying]) await client.hook('SessionStart', { source: 'startup' });
    const doomed = await ending.foreground('sleep 300');
    const gate = `gate-${round}`;
    const kept = [
      await staying.foreground(gated(gate)),
      await staying.background(gated(gate)),
      await ending.background(gated(gate)),
    ];
    await ending.hook('SessionEnd', { reason: 'other' });
    assert.equal(await endingOf(world, doomed), 'cancelled');
    world.write(gate, '');
    for (const id of kept) assert.equal(await endingOf(world, id), 'completed', `round ${round}: ${id}`);
  }
});

test('the foreground job of a client that was killed is ended by the next sweep, its background job is not', async () => {
  await using world = await aWorkspace();
  await using client = new FakeClient(world);
  await client.hook('SessionStart', { source: 'startup' });
  const foreground = await client.foreground('sleep 300');
  const background = await client.background(gated('gate'));
  await client.kill('SIGKILL');
  // The wait of the killed client's shell is an orphan now, as after a real crash.
  assert.equal(world.reading(foreground).state.stage, 'running');
  await world.cli('sweep');
  assert.equal(await endingOf(world, foreground), 'cancelled');
  assert.match(world.reading(foreground).facts.outcome?.reason ?? '', /client/);
  world.write('gate', '');
  assert.equal(await endingOf(world, background), 'completed');
});

test('a foreground job outlives its waiter', async () => {
  await using world = await aWorkspace();
  const waiting = world.start('run', '--', 'sh', '-c', 'until [ -e gate ]; do sleep 0.05; done; echo done');
  const id = await until('the job id was told', () => /run-[a-z0-9]+-[a-z0-9]+/.exec(waiting.stderr)?.[0]);
  await world.untilStage(id, 'running');
  waiting.signal('SIGKILL');
  await waiting.ended;
  world.write('gate', '');
  assert.equal(await endingOf(world, id), 'completed');
  assert.match((await world.cli('result', id)).stdout, /done/);
});

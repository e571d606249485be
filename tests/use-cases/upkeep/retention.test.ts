import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { liveness } from '../../../scripts/process/identity.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

test('a sweep removes what was read long ago, and says so for ever; what nobody read stays', async () => {
  await using world = await aWorkspace();
  const [read, unread] = [await ended(world), await ended(world)];
  await world.cli('result', read);
  for (const id of [read, unread]) age(world, id, 40);
  const before = await world.cli('doctor', '--json');
  const { disk } = before.json.workspaces[0];
  assert.deepEqual([disk.jobs, disk.unread, disk.removable.length], [2, 1, 1]);
  const { json } = await world.cli('sweep', '--json');
  assert.deepEqual(
    json.workspaces.flatMap((one: { jobsRemoved: { id: string; why: string }[] }) =>
      one.jobsRemoved.map(({ id, why }) => [id, why]),
    ),
    [[read, 'age']],
  );
  assert.deepEqual(jobsOnDisk(world), [unread]);
  const gone = await world.cli('result', read, '--json');
  assert.deepEqual([gone.code, gone.json.error.code], [3, 'unknown-job']);
  assert.match(
    gone.json.error.message,
    new RegExp(`^${read} \\(completed\\) was removed on \\d{4}-\\d\\d-\\d\\d with its .*: older than`),
  );
  assert.match(gone.json.error.hint, /--keep-days/);
  const listed = (await world.cli('status', '--all', '--json')).json;
  assert.deepEqual([listed.latestFinished.id, listed.recent], [unread, []]);
  assert.match(readFileSync(layoutOf(world).historyFile, 'utf8'), new RegExp(`"${read}"`));
  age(world, unread, 91);
  await world.cli('sweep');
  assert.deepEqual(jobsOnDisk(world), [], 'nobody came for it in 90 days');
});

test('beyond its size a workspace gives up what was read first, never what lives', async () => {
  await using world = await aWorkspace();
  assert.equal((await world.cli('setup', '--keep-size', '1M', '--keep-days', 'none')).code, 0);
  const big = ['sh', '-c', 'head -c 700000 /dev/urandom'];
  const live = await world.run('sh', '-c', 'head -c 2000000 /dev/urandom; echo ready >&2; sleep 60');
  const [old, older] = [await ended(world, ...big), await ended(world, ...big)];
  for (const id of [old, older]) await world.cli('result', id);
  age(world, old, 2);
  age(world, older, 3);
  await world.cli('sweep');
  assert.deepEqual(jobsOnDisk(world), [live], 'the live one alone is beyond the size');
  assert.equal(world.reading(live).state.stage, 'running');
  await world.cli('cancel', live);
});

test('a job that its session has not been told of stays, and one whose processes run', async () => {
  await using world = await aWorkspace();
  const mine = { env: { CLAUDE_CODE_SESSION_ID: 'mine' } };
  const owed = (await world.cliWith(mine, 'run', '--background', '--json', '--', 'true')).json.jobId;
  await untilOver(world, owed);
  await world.cli('result', owed); // somebody else reads it
  const pid = join(world.workspace, 'pid');
  const leaving = await ended(world, 'sh', '-c', `sleep 60 & echo $! > ${pid}`);
  await world.cli('result', leaving);
  for (const id of [owed, leaving]) age(world, id, 40);
  await world.cli('sweep');
  assert.deepEqual(jobsOnDisk(world), [owed, leaving].sort());
  process.kill(Number(readFileSync(pid, 'utf8')));
  await world.cliWith(mine, 'result', owed);
  for (const id of [owed, leaving]) age(world, id, 40);
  await until('both are gone', async () => {
    await world.cli('sweep');
    return jobsOnDisk(world).length === 0;
  });
});

test('a sweep removes what killed writers left, not the draft of a job that lives', async () => {
  await using world = await aWorkspace();
  const done = await ended(world);
  const live = await world.run('sh', '-c', 'while [ ! -e stop ]; do sleep 0.1; done');
  await world.untilStage(live, 'running');
  const { layout } = world.context();
  mkdirSync(layout.brokers, { recursive: true, mode: 0o700 });
  const left = [
    join(jobDirectory(layout, done), 'told.1.4711.0123456789ab'),
    join(jobDirectory(layout, done), 'exit.part'),
    join(layout.brokers, 'b1.json.123456789012345'),
    join(layout.directory, 'settings.json.1234567890'),
  ];
  const draft = join(jobDirectory(layout, live), 'exit.part');
  const old = new Date(Date.now() - 2 * 86_400_000);
  for (const file of left) appendFileSync(file, '');
  for (const file of [...left, draft]) utimesSync(file, old, old);
  await world.cli('sweep');
  assert.deepEqual(
    [...left, draft].filter((file) => existsSync(file)),
    [draft],
  );
  world.write('stop', '');
  assert.equal((await world.cli('wait', live)).code, 0);
});

test('a removal that was killed halfway is taken up again', async () => {
  await using world = await aWorkspace();
  const id = await ended(world);
  await world.cli('result', id);
  age(world, id, 40);
  const { directory, jobs } = layoutOf(world);
  // Killed after it had said so and before it did it; and another one, after it had done half of it.
  appendFileSync(
    join(directory, 'removed.jsonl'),
    `${JSON.stringify({ id, at: new Date().toISOString() })}\n{"id":`,
  );
  mkdirSync(join(jobs, 'old.run-aaaaaaaa-aaaaaaaa'));
  assert.equal((await world.cli('result', id)).code, 0);
  age(world, id, 40);
  await world.cli('sweep');
  assert.deepEqual(readdirSync(jobs), []);
  assert.equal((await world.cli('result', id)).code, 3);
});

test('the end of the last live job looks after it, once a day', async () => {
  await using world = await aWorkspace();
  const old = await ended(world);
  await world.cli('result', old);
  age(world, old, 40);
  await ended(world);
  assert.equal(jobsOnDisk(world).length, 2, 'it was looked at today');
  const yesterday = Date.now() / 1000 - 90_000;
  const stamp = join(layoutOf(world).directory, 'retention-checked');
  utimesSync(stamp, yesterday, yesterday);
  await ended(world);
  assert.ok(!jobsOnDisk(world).includes(old));
});

test('what is kept is a setting, read before anything is changed', async () => {
  await using world = await aWorkspace();
  const settings = async () => {
    const { keepDays, keepBytes } = (await world.cli('setup', '--json')).json;
    return [keepDays, keepBytes];
  };
  assert.deepEqual(await settings(), [30, 2 * 1024 ** 3]);
  for (const wrong of [
    ['--keep-days', '0'],
    ['--keep-days', '1.5'],
    ['--keep-size', '2'],
    ['--keep-size', 'big'],
  ])
    assert.equal((await world.cli('setup', ...wrong)).code, 2, wrong.join(' '));
  await world.cli('setup', '--keep-days', '7', '--keep-size', '1.5G');
  assert.deepEqual(await settings(), [7, 1.5 * 1024 ** 3]);
  await world.cli('setup', '--keep-size', 'none');
  assert.deepEqual(await settings(), [7, null]);
});

async function ended(world: World, ...command: string[]): Promise<string> {
  return untilOver(world, await world.run(...(command.length > 0 ? command : ['true'])));
}

/** The last step of a job brings the index in step, and sweeps where it was the last one. */
async function untilOver(world: World, id: string): Promise<string> {
  await until('its worker is gone', () => {
    const { claim, outcome } = world.reading(id).facts;
    return outcome && claim?.kind === 'worker' && liveness(claim.worker) === 'dead';
  });
  return id;
}

/** Sets the times at which it ended and was read back by so many days. */
function age(world: World, id: string, days: number): void {
  const at = Date.now() / 1000 - days * 86_400;
  for (const name of ['outcome.json', 'delivered']) {
    const file = join(jobDirectory(layoutOf(world), id), name);
    if (existsSync(file)) utimesSync(file, at, at);
  }
}

function layoutOf(world: World) {
  return world.context().layout;
}

function jobsOnDisk(world: World): string[] {
  return readdirSync(layoutOf(world).jobs).sort();
}

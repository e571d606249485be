/** The ways in which people name a job: number, name, word, enough of the id; the same for every verb. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePrivateDirectory } from '../../../scripts/state/files/durable.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { aJobOnDisk } from '../../support/requests.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const named = async (world: World, name: string, ...command: string[]) =>
  (await world.cli('run', '--background', '--json', '--name', name, '--', ...command)).json;

test('a job has a number and its name, and answers to both, to words and to enough of its id', async () => {
  await using world = await aWorkspace();
  const dev = await named(world, 'dev', 'sleep', '50');
  const failed = (await world.cli('run', '--background', '--json', '--', 'false')).json;
  await world.cli('wait', failed.jobId);
  assert.deepEqual([dev.number, failed.number], [1, 2]);
  const idOf = async (reference: string) => (await world.cli('status', reference, '--json')).json.job?.id;
  for (const reference of ['1', '#1', 'dev', dev.jobId.slice(0, -2), dev.jobId.slice(-6)])
    assert.equal(await idOf(reference), dev.jobId, reference);
  for (const reference of ['2', '@last', '@failed'])
    assert.equal(await idOf(reference), failed.jobId, reference);
  const { json } = await world.cli('status', '--json');
  assert.deepEqual([json.running[0].number, json.running[0].name], [1, 'dev']);
  assert.deepEqual([json.latestFinished.number, json.latestFinished.name], [2, null]);
  assert.equal((await world.cli('cancel', 'dev')).code, 0);
  assert.equal(await idOf('dev'), dev.jobId, 'the latest of that name, where none lives');
});

test('a name with spaces is one job in quotes and in a slash command; without quotes the line to type is said', async () => {
  await using world = await aWorkspace();
  const mine = await named(world, 'my job', 'sleep', '50');
  for (const verb of ['status', 'logs', 'cancel']) {
    const { code, stderr } = await world.cli(verb, 'my', 'job');
    assert.deepEqual([verb, code], [verb, 2]);
    assert.match(
      stderr,
      new RegExp(`"my job" has spaces .*\\n {2}try: codex-companion ${verb} 'my job'\\n$`),
    );
  }
  const idOf = async (...words: string[]) => (await world.cli('status', ...words)).json.job.id;
  assert.equal(await idOf('my job', '--json'), mine.jobId);
  assert.equal(await idOf('my job --json'), mine.jobId);
  const slash = ['--for-slash-command', '--arguments-from-stdin'];
  for (const stdin of ['my job\n', '"my job"\n', "'my job'\n"])
    assert.match((await world.cliWith({ stdin }, 'status', ...slash)).stdout, new RegExp(mine.jobId), stdin);
  const words = [await named(world, 'my', 'true'), await named(world, 'job', 'true')];
  const both = await world.cli('wait', 'my', 'job', '--json');
  assert.deepEqual(
    both.json.jobs.map(({ id }: { id: string }) => id),
    words.map(({ jobId }) => jobId),
    'where each word names a job, these are meant',
  );
  assert.match((await world.cli('cancel', 'my job')).stdout, new RegExp(`^Cancelled ${mine.jobId}`));
});

test('of two jobs of one name the living one is meant; two living ones are listed, and neither is touched', async () => {
  await using world = await aWorkspace();
  const first = await named(world, 'tests', 'true');
  await world.cli('wait', first.jobId);
  await named(world, 'tests', 'sleep', '50');
  assert.equal((await world.cli('status', 'tests', '--json')).json.job.number, 2);
  await named(world, 'tests', 'sleep', '51');
  const { code, json } = await world.cli('cancel', 'tests', '--json');
  assert.deepEqual([code, json.error.code], [3, 'ambiguous-job']);
  assert.match(
    json.error.message,
    /^"tests" matches 2 jobs: 3 tests run-\S+ \(sleep 51\), 2 tests run-\S+ \(sleep 50\)\.$/,
  );
  assert.equal((await world.cli('status', '--json')).json.running.length, 2);
  for (const number of ['2', '3']) assert.equal((await world.cli('cancel', number)).code, 0, number);
});

test('a number, a word or a name without a job is said as that, and means nothing in another directory', async () => {
  await using world = await aWorkspace();
  const { jobId } = await named(world, 'dev', 'sleep', '50');
  const other = join(world.folder, 'elsewhere');
  mkdirSync(other);
  const messageOf = async (...words: string[]) => (await world.cli(...words, '--json')).json.error?.message;
  assert.equal(await messageOf('cancel', '7'), 'No job here has the number 7.');
  assert.equal(await messageOf('cancel', '@failed'), 'There is no job that @failed could mean.');
  assert.equal(await messageOf('cancel', '@first'), 'There is no "@first"; there are @last, @failed.');
  assert.equal(await messageOf('cancel', '1', '-C', other), 'No job here has the number 1.');
  const away = await messageOf('cancel', 'dev', '-C', other);
  assert.equal(away, `No job here is called "dev"; one in ${world.workspace} is: ${jobId}.`);
  for (const name of ['12', '#3', '@x', ' '])
    assert.match(
      (await world.cli('run', '--json', '--name', name, '--', 'true')).json.error.message,
      /cannot be the name of a job/,
      name,
    );
  assert.equal((await world.cli('cancel', 'dev')).code, 0);
});

test('numbers outlive a lost index, are given once to older jobs, and are not given again', async () => {
  await using world = await aWorkspace();
  const { layout } = world.context();
  makePrivateDirectory(layout.root);
  for (const path of [join(layout.root, 'workspaces'), layout.directory, layout.jobs])
    makePrivateDirectory(path);
  const old = [1, 2].map(() => aJobOnDisk(layout).id);
  const { jobId, number } = await named(world, 'new', 'true');
  await world.cli('wait', jobId);
  assert.equal(number, 3);
  const numberOf = (id: string) => Number(readFileSync(join(jobDirectory(layout, id), 'number'), 'utf8'));
  assert.deepEqual(old.map(numberOf), [1, 2]);

  writeFileSync(layout.stateFile, 'damaged');
  const after = await named(world, 'after', 'true');
  await world.cli('wait', after.jobId);
  assert.equal(after.number, 4);
  assert.equal((await world.cli('status', '3', '--json')).json.job.id, jobId);

  rmSync(jobDirectory(layout, after.jobId), { recursive: true });
  assert.match((await world.cli('status', '4', '--json')).json.error.message, /No job here has the number 4/);
  const last = await named(world, 'last', 'true');
  await world.cli('wait', last.jobId);
  assert.equal(last.number, 5);
});

test('jobs that start at the same moment have numbers of their own', async () => {
  await using world = await aWorkspace();
  const launched = await Promise.all(Array.from({ length: 6 }, () => named(world, 'many', 'true')));
  assert.deepEqual(launched.map(({ number }) => number).sort(), [1, 2, 3, 4, 5, 6]);
  await until('all have ended', async () => (await world.cli('status', '--json')).json.running.length === 0);
  assert.equal(readdirSync(world.context().layout.numbers).length, 6);
});

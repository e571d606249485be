/** A log that the job, or a person, empties while it is followed. */
import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Follower } from '../../../support/follower.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

const AT_GATES =
  'gate() { while [ ! -e "$1" ]; do sleep 0.05; done; }; seq 1 100; gate second; echo again; gate end';

const logOf = (world: World, id: string) => join(world.context().layout.jobs, id, 'output.log');

async function emptied(world: World): Promise<string> {
  const id = await world.run('sh', '-c', AT_GATES);
  await until('it has counted', () => readFileSync(logOf(world, id), 'utf8').endsWith('100\n'));
  return id;
}

test('followers say once that it was emptied, and go on from its start', async () => {
  await using world = await aWorkspace();
  const id = await emptied(world);
  const text = world.start('logs', '--follow', id);
  const json = world.start('logs', '--follow', '--json', id);
  const events = new Follower(world);
  const told = () => events.events.filter(({ type }) => type === 'output');
  await until('all have read', () => [text, json].every(({ stdout }) => stdout.includes('100')));
  await until('the output is told', () => told().at(-1)?.cursor === 292);
  truncateSync(logOf(world, id));
  world.write('second', '');
  await until('all go on', () => [text, json].every(({ stdout }) => stdout.includes('again')));
  await until('that is told, too', () => told().some(({ shrunk }) => shrunk === true));
  world.write('end', '');
  const [shown, lines] = [await text.ended, await json.ended];
  assert.equal(shown.stdout.endsWith('100\nagain\n'), true);
  assert.equal(shown.stderr.match(/it was emptied/g)?.length, 1);
  const pieces = lines.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(pieces.filter(({ shrunk }) => shrunk === true).length, 1);
  assert.deepEqual([pieces.at(-1).cursor, pieces.at(-1).done], [6, true]);
  await events.kill();
});

test('a cursor from before it was emptied begins again, and says so; a search finds what comes after', async () => {
  await using world = await aWorkspace();
  const id = await emptied(world);
  const { cursor } = (await world.cli('logs', id, '--json')).json;
  const waiting = world.start('wait', id, '--for', 'again');
  truncateSync(logOf(world, id));
  world.write('second', '');
  assert.equal((await waiting.ended).code, 0);
  const text = await world.cli('logs', id, '--since', String(cursor));
  assert.deepEqual([text.code, text.stdout], [0, 'again\n']);
  assert.match(text.stderr, /it was emptied/);
  const { json } = await world.cli('logs', id, '--since', String(cursor), '--json');
  assert.deepEqual([json.text, json.cursor, json.shrunk], ['again\n', 6, true]);
  world.write('end', '');
  await world.cli('wait', id);
});

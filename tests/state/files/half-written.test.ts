import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../support/world.ts';

const LEFT = [
  'request.json.123456789',
  'exit.4218',
  'claim.77.0123456789ab',
  'told.2.77.0123456789ab',
  'scratch.9',
];
const WHOLE = ['told.1', 'told.1.said', 'output.log', 'exit.part'];

test('a sweep removes what killed writers left half-written a day ago, and nothing that is whole or young', async () => {
  await using world = await aWorkspace();
  const id = await world.run('true');
  await world.cli('wait', id);
  const { jobs, brokers, directory } = world.context().layout;
  const old = new Date(Date.now() - 2 * 86_400_000);
  const put = (place: string, names: string[], time?: Date) => {
    mkdirSync(place, { recursive: true });
    for (const name of names) {
      const path = join(place, name);
      if (!existsSync(path)) writeFileSync(path, '{}');
      if (time) utimesSync(path, time, time);
    }
  };
  put(join(jobs, id), [...LEFT, ...WHOLE], old);
  put(join(jobs, id), ['claim.123456'], undefined);
  put(brokers, ['abc.json.81273'], old);
  put(join(directory, 'import.0123456789ab'), ['request.json']);
  utimesSync(join(directory, 'import.0123456789ab'), old, old);
  assert.equal((await world.cli('sweep')).code, 0);
  const names = readdirSync(join(jobs, id));
  assert.deepEqual(
    [...LEFT, ...WHOLE, 'claim.123456'].filter((name) => names.includes(name)),
    [...WHOLE, 'claim.123456'],
  );
  assert.deepEqual(readdirSync(brokers), []);
  assert.equal(existsSync(join(directory, 'import.0123456789ab')), false);
});

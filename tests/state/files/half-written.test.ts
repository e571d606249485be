import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeHalfWritten } from '../../../scripts/state/files/half-written.ts';
import { scratch } from '../../support/scratch.ts';
import { aWorkspace } from '../../support/world.ts';

const LEFT = [
  'request.json.123456789',
  'exit.4218',
  'claim.77.0123456789ab',
  'told.2.77.0123456789ab',
  'scratch.9',
  'exit.part',
];
const WHOLE = ['told.1', 'told.1.said', 'output.log'];

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

const module = (name: string) =>
  JSON.stringify(new URL(`../../../scripts/state/files/${name}.ts`, import.meta.url).href);

/** Runs the writer (a statement, with `file` in scope) and kills it when it is about to put the file in place. */
function killedWriter(file: string, act: string): void {
  const source = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { writeDurably, writeOnce } = await import(${module('durable')});
    const { replaceFile } = await import(${module('replace-file')});
    await import('write-file-atomic');
    const file = ${JSON.stringify(file)};
    for (const place of ['rename', 'renameSync', 'linkSync']) fs[place] = () => process.kill(process.pid, 'SIGKILL');
    syncBuiltinESMExports();
    ${act}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', source];
  const { signal, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL', stderr);
}

for (const writer of ['writeDurably', 'writeOnce', 'await replaceFile']) {
  test(`what ${writer} leaves when it is killed is known by its name`, () => {
    using folder = scratch();
    killedWriter(join(folder.path, 'settings.json'), `${writer}(file, 'new');`);
    const left = readdirSync(folder.path);
    assert.equal(left.length, 1, 'it was killed too early or too late');
    removeHalfWritten(folder.path, false);
    assert.deepEqual(readdirSync(folder.path), left, 'its writer may still be at it');
    const old = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(join(folder.path, left[0] ?? ''), old, old);
    removeHalfWritten(folder.path, false);
    assert.deepEqual(readdirSync(folder.path), []);
  });
}

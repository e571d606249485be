/** What a killed writer leaves beside its file is known by its name, whoever wrote it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeOldAsides } from '../../../scripts/state/files/asides.ts';
import { scratch } from '../../support/scratch.ts';

const module = (name: string) =>
  JSON.stringify(new URL(`../../../scripts/state/files/${name}.ts`, import.meta.url).href);

/** Runs the writer (statements, with `file` in scope) and kills it when it is about to put the file in place. */
function killedWriter(file: string, act: string): void {
  const source = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { writeDurably, writeOnce } = await import(${module('durable')});
    const { replaceFile } = await import(${module('replace-file')});
    const file = ${JSON.stringify(file)};
    await import('write-file-atomic');
    for (const place of ['rename', 'renameSync', 'linkSync']) fs[place] = () => process.kill(process.pid, 'SIGKILL');
    syncBuiltinESMExports();
    ${act}`;
  const { signal, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', source],
    { encoding: 'utf8' },
  );
  assert.equal(signal, 'SIGKILL', stderr);
}

const anHourAgo = () => new Date(Date.now() - 3_700_000);

for (const writer of ['writeDurably', 'writeOnce', 'await replaceFile']) {
  test(`what ${writer} leaves when it is killed goes by age`, () => {
    using folder = scratch();
    killedWriter(join(folder.path, 'settings.json'), `${writer}(file, 'new');`);
    const left = readdirSync(folder.path);
    assert.equal(left.length, 1, 'it was killed too early or too late');
    removeOldAsides(folder.path);
    assert.deepEqual(readdirSync(folder.path), left, 'its writer may still be at it');
    utimesSync(join(folder.path, left[0] ?? ''), anHourAgo(), anHourAgo());
    removeOldAsides(folder.path);
    assert.deepEqual(readdirSync(folder.path), []);
  });
}

test('the drafts of the sh wrapper go by age, and whole files stay whatever their age', () => {
  using folder = scratch();
  const whole = [
    'told.1',
    'told.12',
    'told.1.said',
    'output.log',
    'events.120.jsonl',
    'state.json.damaged-2026-01-01T00-00-00-000Z',
    'b1.0123456789abcdef0123456789abcdef.proof',
    'exit',
  ];
  const drafts = [
    'claim.4711',
    'exit.part',
    'stop.part',
    'told.1.4711.0123456789ab',
    'told.1.said.4711.0123456789ab',
  ];
  for (const name of [...whole, ...drafts]) {
    writeFileSync(join(folder.path, name), '');
    utimesSync(join(folder.path, name), anHourAgo(), anHourAgo());
  }
  removeOldAsides(folder.path);
  assert.deepEqual(readdirSync(folder.path).sort(), whole.sort());
  removeOldAsides(join(folder.path, 'gone'));
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../support/scratch.ts';

const module = (name: string) =>
  JSON.stringify(new URL(`../../../scripts/state/files/${name}.ts`, import.meta.url).href);

/** What `act` (statements, with `folder` and all of durable.ts in scope) prints, run by a shell that did `prelude` first. */
function inShell(prelude: string, act: string, folder: string): string {
  const source = `
    const { writeDurably, writeOnce, makePrivateDirectory } = await import(${module('durable')});
    const { replaceFile } = await import(${module('replace-file')});
    const folder = ${JSON.stringify(folder)};
    try { ${act} } catch (error) { console.log(error.code, error.cause?.code); }`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', source];
  return execFileSync('/bin/sh', ['-c', `${prelude} && exec "$@"`, 'sh', ...node], {
    encoding: 'utf8',
  }).trim();
}

/** More than the limit of 16 blocks of 512 bytes. */
const LONG = `'x'.repeat(20_000)`;
const LIMIT = 'ulimit -f 16';

for (const write of ['writeDurably', 'await replaceFile']) {
  test(`a file that there is room for the beginning of only is not put in its place: ${write}`, () => {
    using folder = scratch();
    const file = join(folder.path, 'state.json');
    writeFileSync(file, 'the old content');
    const said = inShell(LIMIT, `${write}(folder + '/state.json', ${LONG});`, folder.path);
    assert.equal(said, 'state-not-writable EFBIG');
    assert.equal(readFileSync(file, 'utf8'), 'the old content');
    assert.deepEqual(readdirSync(folder.path), ['state.json'], 'nothing is left beside it');
  });
}

test('what is committed once is committed whole or not at all', () => {
  using folder = scratch();
  const said = inShell(LIMIT, `writeOnce(folder + '/outcome.json', ${LONG});`, folder.path);
  assert.equal(said, 'state-not-writable EFBIG');
  assert.deepEqual(readdirSync(folder.path), []);
});

test('directories are 0700 and files 0600 whatever the umask', () => {
  for (const umask of ['000', '0277', '0777']) {
    using folder = scratch();
    const act = `makePrivateDirectory(folder + '/a/b'); writeDurably(folder + '/a/b/f', '1'); writeOnce(folder + '/a/b/g', '2');
      await replaceFile(folder + '/a/b/h', '3'); await replaceFile(folder + '/a/b/h', '4');`;
    assert.equal(inShell(`umask ${umask}`, act, folder.path), '');
    const modes = ['a', 'a/b', 'a/b/f', 'a/b/g', 'a/b/h'].map(
      (name) => statSync(join(folder.path, name)).mode & 0o777,
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o600, 0o600, 0o600], umask);
  }
});

/** What a host gets when it copies this folder. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { importsOf } from '../support/source-graph.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('an npm install in a copied plugin installs nothing and runs nothing', () => {
  const manifest = JSON.parse(read('package.json'));
  assert.deepEqual(
    ['dependencies', 'optionalDependencies', 'peerDependencies'].filter((key) => key in manifest),
    [],
  );
  const runByNpm = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'dependencies'];
  assert.deepEqual(
    runByNpm.filter((name) => name in manifest.scripts),
    [],
  );
  assert.match(read('.npmrc'), /^omit=dev$/m);
});

test('development packages are pinned to exact versions', () => {
  const { devDependencies } = JSON.parse(read('package.json'));
  const loose = Object.entries(devDependencies).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
  );
  assert.deepEqual(loose, []);
});

test('the bundles import node alone', () => {
  for (const name of readdirSync(join(root, 'dist')).filter((entry) => entry.endsWith('.mjs'))) {
    const foreign = importsOf(`dist/${name}`, read(`dist/${name}`))
      .map(({ target }) => target)
      .filter((target) => !isBuiltin(target));
    assert.deepEqual(foreign, [], `dist/${name}`);
  }
});

test("CI runs the README's test command", () => {
  assert.match(read('README.md'), /^npm run verify$/m);
  assert.match(read('.ci/run'), /^exec npm run verify$/m);
});

/** What a host gets when it copies this folder. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { builtBundles } from '../support/bundles.ts';
import { importsOf, readSources } from '../support/source-graph.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const tools = JSON.parse(read('tools/package.json'));

test('an npm install in a copied plugin installs nothing and runs nothing', () => {
  const manifest = JSON.parse(read('package.json'));
  assert.deepEqual(
    Object.keys(manifest).filter((key) => /dependencies/i.test(key)),
    [],
  );
  assert.deepEqual(
    Object.keys(tools).filter((key) => /dependencies/i.test(key)),
    ['devDependencies'],
  );
  const runByNpm = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'dependencies'];
  assert.deepEqual(
    runByNpm.filter((name) => name in manifest.scripts),
    [],
  );
  assert.match(read('.npmrc'), /^omit=dev$/m);
});

test('packages are pinned to exact versions', () => {
  const loose = Object.entries(tools.devDependencies).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
  );
  assert.deepEqual(loose, []);
});

test('every package that is imported is listed, and every listed one is used', () => {
  const programs = ['@biomejs/biome', '@types/node', 'knip', 'tsx', 'typescript'];
  const imported = [...readSources('scripts', 'tests', 'bench', 'tools')]
    // It holds imports as text, to show that its rules see them.
    .filter(([path]) => path !== 'tests/architecture.test.ts')
    .flatMap(([path, text]) => importsOf(path, text))
    .map(({ target }) => target)
    .filter(
      (target) =>
        /^[@a-z]/.test(target) &&
        !/^((scripts|tests|bench|tools)\/|package\.json$)/.test(target) &&
        !isBuiltin(target),
    )
    .map((target) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target);
  const used = [...new Set(imported)].flatMap((name) => [name, `@types/${name}`]);
  const listed = Object.keys(tools.devDependencies).filter((name) => !programs.includes(name));
  assert.deepEqual(
    {
      unlisted: imported.filter((name) => !listed.includes(name)),
      unused: listed.filter((name) => !used.includes(name)),
    },
    { unlisted: [], unused: [] },
  );
});

test('the bundles import node alone, and packages that lie beside them when they are asked for', () => {
  const bundles = builtBundles();
  const names = readdirSync(bundles).filter((entry) => entry.endsWith('.mjs'));
  const apart = names.filter((name) => name.slice(0, -'.mjs'.length) in tools.devDependencies);
  assert.deepEqual(apart, ['execa.mjs', 'ps-list.mjs', 'write-file-atomic.mjs']);
  for (const name of names) {
    const foreign = importsOf(`dist/${name}`, readFileSync(join(bundles, name), 'utf8')).filter(
      ({ target, kind }) => !isBuiltin(target) && !(kind === 'lazy' && apart.includes(basename(target))),
    );
    assert.deepEqual(foreign, [], name);
  }
});

test("CI runs the README's test command", () => {
  assert.match(read('README.md'), /^npm run verify$/m);
  assert.match(read('.ci/run'), /^exec npm run verify$/m);
});

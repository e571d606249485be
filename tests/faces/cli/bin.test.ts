import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { installShim, VERSIONS_FILE } from '../../support/project-shim.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const root = join(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The plugin's folder as it is installed, in a path with a space. */
function install(world: World): string {
  const folder = join(world.folder, 'the plugin');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(join(root, 'bin/codex-companion'), join(folder, 'bin/codex-companion'));
  cpSync(world.bundles, join(folder, 'dist'), { recursive: true });
  return join(folder, 'bin/codex-companion');
}

/** A directory for PATH whose `node` prints this version. */
function withNode(world: World, told: string): string {
  const folder = join(world.folder, `node-${told}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'node'), `#!/bin/sh\necho '${told}'\n`, { mode: 0o755 });
  return folder;
}

test('it runs from PATH, through links, and from anywhere', async () => {
  await using world = await aWorkspace();
  const program = install(world);
  const links = join(world.folder, 'links');
  mkdirSync(links);
  symlinkSync(program, join(links, 'absolute'));
  symlinkSync('absolute', join(links, 'relative'));
  const PATH = `${links}:${dirname(program)}:${world.env.PATH}`;
  for (const name of ['codex-companion', 'absolute', 'relative', program, '../links/relative'])
    assert.equal(
      (await world.cliWith({ program: [name], env: { PATH } }, '--version')).stdout,
      `${version}\n`,
      name,
    );
  const { stdout } = await world.cliWith({ program: ['sh', 'relative'], cwd: links }, '--version');
  assert.equal(stdout, `${version}\n`);
});

test('arguments and status pass through as they are', async () => {
  await using world = await aWorkspace();
  const { code, stdout } = await world.cliWith(
    { program: [install(world)] },
    ...['run', '--', 'sh', '-c', 'printf "<%s>" "$@"; exit 5', 'sh', ' a  b ', '', '$x', '*'],
  );
  assert.deepEqual([code, stdout], [5, '< a  b ><><$x><*>']);
});

test('what NODE_OPTIONS preload reaches jobs, and prints into no answer', async () => {
  await using world = await aWorkspace();
  world.write('loud.cjs', 'console.log("loaded");\n');
  const program = [install(world)];
  const job = ['--', 'sh', '-c', 'echo "options: $NODE_OPTIONS $CODEX_COMPANION_CALLER_NODE_OPTIONS"'];
  for (const NODE_OPTIONS of ['--require ./loud.cjs', '--require ./not-there.cjs', '--no-such-option']) {
    const env = { NODE_OPTIONS };
    const { code, stdout, stderr } = await world.cliWith({ program, env }, 'run', ...job);
    assert.deepEqual([code, stdout], [0, `options: ${NODE_OPTIONS} \n`], stderr);
  }
  // Also where node is started with them, as by another wrapper.
  const env = { NODE_OPTIONS: '--require ./loud.cjs' };
  const { code, stdout } = await world.cliWith({ env }, 'run', ...job);
  assert.deepEqual([code, stdout], [0, `loaded\noptions: ${env.NODE_OPTIONS} \n`]);
});

test('a missing, old or odd node is told plainly', async () => {
  await using world = await aWorkspace();
  const program = [install(world)];
  const none = { program, env: { PATH: '/nonexistent' } };
  assert.match(
    (await world.cliWith(none, 'status')).stderr,
    /There is no node on PATH\.\n {2}try: Install Node\.js 20\.17/,
  );
  const { json, code } = await world.cliWith(none, 'status', '--json');
  assert.deepEqual([code, json.error.code], [127, 'node-missing']);
  assert.equal((await world.cliWith(none, 'status', '--for-slash-command')).code, 0);
  for (const told of ['v18.20.4', 'v20.16.9', 'v8.0.0', 'something', 'v20', '']) {
    const env = { PATH: `${withNode(world, told)}:/usr/bin:/bin` };
    const { code, stderr } = await world.cliWith({ program, env }, 'status');
    assert.deepEqual([code, stderr.includes('Install Node.js 20.17')], [127, true], told);
  }
  const shims = join(world.folder, 'shims');
  installShim(join(shims, 'node'), process.execPath);
  const shimmed = { program, env: { PATH: `${shims}:/usr/bin:/bin` } };
  const refused = await world.cliWith(shimmed, 'status', '--json');
  assert.equal(
    refused.json.error.message,
    'The node on PATH does not run: No version is set for command node',
  );
  world.write(VERSIONS_FILE, 'nodejs 22\n');
  assert.equal((await world.cliWith(shimmed, 'status')).code, 0);
});

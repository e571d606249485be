/** What a hook's surroundings may be: shims, relative paths, options for node, and no node at all. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { callHook, type HookResult } from '../../support/hosts/hooks.ts';
import { installShim, VERSIONS_FILE } from '../../support/project-shim.ts';
import { onPath } from '../../support/shells.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const start = (world: World, env: Record<string, string | undefined>, prefix: string[] = []) =>
  callHook(world, { event: 'SessionStart', env, prefix });

/** Its only answer is the doorbell. */
function assertStarted(told: HookResult, what: string): void {
  const { code, stdout, stderr, watched } = told;
  assert.deepEqual([code, stdout, stderr, watched.length], [0, '', '', 1], what);
}

function write(file: string, ...lines: string[]): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o755 });
  return file;
}

/** A PATH with the tools that are named, and no other. */
function withTools(world: World, ...tools: string[]): string {
  const folder = join(world.folder, 'tools');
  mkdirSync(folder, { recursive: true });
  for (const tool of tools) symlinkSync(onPath(tool) ?? assert.fail(tool), join(folder, tool));
  return folder;
}

test('a node that is a shim is asked in the session’s directory; where that has none, it says so itself', async () => {
  await using world = await aWorkspace();
  const shims = join(world.folder, 'shims');
  installShim(join(shims, 'node'), process.execPath);
  const PATH = `${shims}:${world.env.PATH}`;
  const { code, stdout, stderr } = await start(world, { PATH });
  assert.deepEqual(
    [code, stdout, stderr],
    [
      0,
      '',
      'No version is set for command node\ncodex-companion: the SessionStart hook could not run: node ended with 126.\n',
    ],
  );
  world.write(VERSIONS_FILE, 'nodejs 22\n');
  assertStarted(await start(world, { PATH }), 'with a version');
});

test('a node that is too old is named; of another failure node’s own words stand', async () => {
  await using world = await aWorkspace();
  const tools = join(world.folder, 'old');
  const env = { PATH: `${tools}:${world.env.PATH}` };
  const node = (version: string) =>
    write(
      join(tools, 'node'),
      '#!/bin/sh',
      `case $1 in --version) echo ${version}; exit ;; esac`,
      'echo "out of luck" >&2; exit 3',
    );
  for (const [version, why] of [
    ['v8.17.0', 'node is v8.17.0, and Node.js 20.17 or newer is needed'],
    ['v18.20.4', 'node is v18.20.4, and Node.js 20.17 or newer is needed'],
    ['v20.16.0', 'node is v20.16.0, and Node.js 20.17 or newer is needed'],
    ['v20.17.0', 'node ended with 3'],
    ['v22.1.0', 'node ended with 3'],
  ] as const) {
    node(version);
    const { stderr } = await start(world, env);
    assert.equal(stderr, `out of luck\ncodex-companion: the SessionStart hook could not run: ${why}.\n`);
  }
});

test('what the user’s own node options preload neither spoils an answer nor breaks a start', async () => {
  await using world = await aWorkspace();
  world.write('loud.cjs', 'console.log("loaded"); console.error("loaded");\n');
  for (const NODE_OPTIONS of ['--require ./loud.cjs', '--require ./not-there.cjs', '--no-such-option'])
    assertStarted(await start(world, { NODE_OPTIONS }), NODE_OPTIONS);
});

test('a relative HOME is refused by its name, and the session goes on', async () => {
  await using world = await aWorkspace();
  const env = { HOME: '../home', CODEX_HOME: undefined, CODEX_COMPANION_HOME: undefined };
  const { code, stderr } = await start(world, env);
  assert.equal(code, 0);
  assert.match(stderr, /^codex-companion: HOME is "\.\.\/home", which is not an absolute path\.\n$/);
  assert.ok(!existsSync(join(world.home, '.local/state')));
});

test('a hook whose directory is deleted runs', async () => {
  await using world = await aWorkspace();
  const gone = join(world.folder, 'gone');
  mkdirSync(gone);
  const { code, watched } = await start(world, {}, [
    ...['/bin/sh', '-c', `cd '${gone}' && rmdir '${gone}' && exec "$@"`, 'sh'],
  ]);
  assert.deepEqual([code, watched.length], [0, 1]);
});

/** Below a home of its own; the first is the one to be taken. */
const KEPT: Record<string, string[]> = {
  nvm: ['.nvm/versions/node/v20.17.0', '.nvm/versions/node/v9.11.2', '.nvm/versions/node/v20.16.0'],
  volta: ['.volta/tools/image/node/22.1.0', '.volta/tools/image/node/18.20.4'],
  fnm: ['.local/share/fnm/node-versions/v24.0.1/installation'],
  Homebrew: ['brew'],
  'Homebrew, a version of its own': ['brew/opt/node@22'],
};

for (const [who, [taken = '', ...others]] of Object.entries(KEPT))
  test(`where the PATH of hooks has no node, the one of ${who} is found`, async () => {
    await using world = await aWorkspace();
    const { home } = world;
    write(join(home, taken, 'bin/node'), '#!/bin/sh', `exec '${process.execPath}' "$@"`);
    for (const other of others)
      write(join(home, other, 'bin/node'), '#!/bin/sh', 'echo "not this one" >&2; exit 1');
    const env = { PATH: withTools(world, 'sh', 'git'), HOMEBREW_PREFIX: join(home, 'brew') };
    assertStarted(await start(world, env), who);
  });

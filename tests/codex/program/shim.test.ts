/** Codex as a version manager puts it on PATH, and what the caller's environment says relatively. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { task, untilNoBroker, untilTurnRuns } from '../../support/codex/codex-jobs.ts';
import { installShim, VERSIONS_FILE } from '../../support/project-shim.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** Its Codex, and an npm of version 11.22.33, behind shims which know what the workspace has set, and no other directory. */
function behindShims(world: World): void {
  const shims = join(world.folder, 'shims');
  installShim(join(shims, 'codex'), world.codex.program);
  installShim(join(shims, 'npm'), world.write('npm', '#!/bin/sh\necho 11.22.33\n', 0o755));
  const others = world.env.PATH?.split(':').filter((entry) => entry !== world.codex.directory) ?? [];
  world.env.PATH = [shims, ...others].join(':');
  world.write(VERSIONS_FILE, 'codex 1\n');
}

test('a Codex behind a shim that asks its directory works from anywhere in the workspace, and setup finds it', async () => {
  await using world = await aWorkspace({ codex: {} });
  behindShims(world);
  const cwd = join(world.workspace, 'deep/below');
  mkdirSync(cwd, { recursive: true });
  const { code, stdout, stderr } = await world.cliWith({ cwd }, 'task', '[[say:hello]]');
  assert.deepEqual([code, stdout.split('\n')[0]], [0, 'hello'], stderr);
  const { json } = await world.cliWith({ cwd }, 'setup', '--json');
  assert.deepEqual([json.codex.available, json.npm.detail], [true, '11.22.33'], JSON.stringify(json));
  await untilNoBroker(world);
});

test('a relative CODEX_HOME means what it means where the caller is, also for a job elsewhere', async () => {
  await using world = await aWorkspace({ codex: {} });
  const env = { CODEX_HOME: '../own codex' };
  const { code, stderr } = await world.cliWith(
    { cwd: world.home, env },
    ...['task', '--cwd', world.workspace, '[[say:hello]]'],
  );
  assert.equal(code, 0, stderr);
  assert.ok(existsSync(join(world.folder, 'own codex/fake-threads')));
  await untilNoBroker(world);
});

test('the app-server stands in the workspace’s root; one that stands in a former one serves no newcomer', async () => {
  await using world = await aWorkspace({ codex: {} });
  const first = await task(world, '[[hang]]');
  await untilTurnRuns(world, first);
  renameSync(world.workspace, `${world.workspace} before`);
  world.write(VERSIONS_FILE, '');
  const { code, stderr } = await world.cliWith({}, 'task', '[[say:hello]]');
  assert.equal(code, 0, stderr);
  const directories = world.codex
    .log()
    .flatMap((entry) => (entry.kind === 'spawn' && entry.args.includes('app-server') ? [entry.cwd] : []));
  assert.deepEqual(directories, [world.workspace, world.workspace]);
  assert.equal(new Set(world.codex.appServers()).size, 2);
  await world.cli('cancel', first);
  await untilNoBroker(world);
});

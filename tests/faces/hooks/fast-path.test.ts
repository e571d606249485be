/** The sh part of the hooks: what it decides without node. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callHook, endingJobs, sessionJob } from '../../support/hosts/hooks.ts';
import { missing, onPath, shells } from '../../support/shells.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

test('a session that owns no job, and is owed nothing, costs no node', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const called = join(world.folder, 'called');
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'node'), `#!/bin/sh\n: >'${called}'\n`);
  chmodSync(join(tools, 'node'), 0o755);
  const env = { PATH: `${tools}:${world.env.PATH}` };
  const ends = async (options: { session?: string; host?: 'codex' }) =>
    callHook(world, { event: 'SessionEnd', stdin: 'open', env, ...options });
  await ends({});
  await ends({ host: 'codex' });
  for (const event of ['UserPromptSubmit', 'Stop'] as const)
    await callHook(world, { event, host: 'codex', stdin: 'open', env });
  const finished = await sessionJob(world, { background: false, command: ['true'] });
  await world.untilStage(finished.id, 'finished');
  await callHook(world, { event: 'SessionStart', session: 'session-2' });
  await until(
    'the finished job is off the list',
    () => !existsSync(join(world.stateRoot, 'sessions/claude-code-session-1/jobs')),
  );
  await ends({});
  assert.equal(existsSync(called), false);
  const running = await sessionJob(world, { background: true });
  await ends({ session: 'session-2' });
  assert.equal(existsSync(called), false);
  await ends({});
  assert.equal(existsSync(called), true);
  await world.untilStage(running.id, 'running');
});

for (const shell of shells) {
  test(`the hooks work where sh is ${shell.name}`, { skip: missing(shell) }, async () => {
    await using world = await aWorkspace();
    await using _jobs = endingJobs(world);
    const tools = join(world.folder, 'tools');
    mkdirSync(tools);
    symlinkSync(onPath(shell.program) ?? '', join(tools, 'sh'));
    const env = { PATH: `${tools}:${world.env.PATH}` };
    const silent = { code: 0, stdout: '', stderr: '' };
    const job = await sessionJob(world, { background: false });
    for (const options of [
      { event: 'SessionStart' },
      { event: 'SessionEnd', session: 'none' },
      { event: 'SessionEnd' },
    ] as const) {
      const { ms: _ms, watched: _watched, ...told } = await callHook(world, { env, ...options });
      assert.deepEqual(told, silent);
    }
    await world.untilStage(job.id, 'finished');
  });
}

test('the fast path finds the state where the program keeps it', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const places = {
    'the default': { CODEX_COMPANION_HOME: undefined },
    XDG_STATE_HOME: { CODEX_COMPANION_HOME: undefined, XDG_STATE_HOME: join(world.folder, 'xdg') },
    'a relative XDG_STATE_HOME, which does not count': {
      CODEX_COMPANION_HOME: undefined,
      XDG_STATE_HOME: 'x',
    },
    'an odd CODEX_COMPANION_HOME': { CODEX_COMPANION_HOME: join(world.folder, "it's $HOME *") },
  };
  for (const [name, env] of Object.entries(places)) {
    const start = await callHook(world, { event: 'SessionStart', env });
    assert.deepEqual([start.code, start.stderr], [0, ''], name);
  }
  const { home, folder } = world;
  const roots = [`${home}/.local/state/codex-companion`, `${folder}/xdg/codex-companion`];
  roots.push(join(folder, "it's $HOME *"));
  assert.deepEqual(
    roots.map((root) => existsSync(join(root, 'workspaces'))),
    roots.map(() => true),
  );
  // Only a job makes the fast path go on: each place in turn has one that nobody can read, which node says.
  for (const [name, env] of Object.entries(places)) {
    const root = name === 'XDG_STATE_HOME' ? roots[1] : (env.CODEX_COMPANION_HOME ?? roots[0]);
    const jobs = join(root ?? '', 'sessions/claude-code-session-1/jobs');
    mkdirSync(join(jobs, 'run-aaaaaaaa-bbbbbbbb'), { recursive: true });
    // A busy machine may give node no time to say so before the hook's limit.
    await until(`node is asked: ${name}`, async () =>
      /EISDIR/.test((await callHook(world, { event: 'SessionEnd', env })).stderr),
    );
  }
});

test('without node on the PATH of hooks one line says so', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: true });
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  symlinkSync('/bin/sh', join(tools, 'sh'));
  const env = { PATH: tools };
  const start = await callHook(world, { event: 'SessionStart', env });
  assert.deepEqual([start.code, start.stderr], [0, '']);
  assert.match(JSON.parse(start.stdout).systemMessage, /node is not on the PATH/);
  const end = await callHook(world, { event: 'SessionEnd', env });
  assert.deepEqual([end.code, end.stdout], [0, '']);
  assert.match(end.stderr, /^codex-companion: node is not on the PATH[^\n]*\n$/);
  await world.untilStage(job.id, 'running');
});

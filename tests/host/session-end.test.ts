/** SessionEnd, called as the hosts call it, on real jobs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../scripts/state/store.ts';
import { callHook, endingJobs, sessionJob, startHook } from '../support/hooks.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** Claude Code gives all SessionEnd hooks together 1.5 s. */
const LIMIT_MS = 1_500;

const stage = (world: World, job: { id: string }) => world.reading(job.id).state.stage;

async function endedBySession(world: World, job: { id: string }): Promise<void> {
  const { state } = await world.untilStage(job.id, 'finished', 15_000);
  assert.equal(state.stage === 'finished' && state.outcome.ending, 'cancelled');
  assert.match(state.stage === 'finished' ? state.outcome.reason : '', /the end of its session/);
}

for (const reason of ['clear', 'logout', 'prompt_input_exit', 'other', 'something new']) {
  test(`reason "${reason}" ends the session's foreground job and leaves its background job alone`, async () => {
    await using world = await aWorkspace();
    await using _jobs = endingJobs(world);
    const foreground = await sessionJob(world, { background: false });
    const background = await sessionJob(world, { background: true });
    for (const job of [foreground, background]) await world.untilStage(job.id, 'running');
    const hook = await callHook(world, { event: 'SessionEnd', input: { reason } });
    assert.deepEqual({ code: hook.code, out: hook.stdout, err: hook.stderr }, { code: 0, out: '', err: '' });
    await endedBySession(world, foreground);
    await until('the session is marked ended', () => readState(world.context().layout).sessions[0]?.endedAt);
    assert.equal(stage(world, background), 'running');
    assert.equal(world.reading(background.id).facts.stop, null);
  });
}

test("another session's foreground job goes on, and finished jobs stay", async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const done = await sessionJob(world, { background: false, command: ['echo', 'kept'] });
  await world.untilStage(done.id, 'finished');
  const mine = await sessionJob(world, { background: false });
  const theirs = await sessionJob(world, { background: false, session: 'session-2' });
  for (const job of [mine, theirs]) await world.untilStage(job.id, 'running');
  await callHook(world, { event: 'SessionEnd' });
  await endedBySession(world, mine);
  assert.equal(stage(world, theirs), 'running');
  assert.equal(world.reading(done.id).facts.outcome?.ending, 'completed');
});

test('foreground jobs end in whichever repositories they run, also when the session directory is deleted', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const elsewhere = join(world.folder, 'other', 'project');
  const deleted = join(world.folder, 'deleted');
  for (const directory of [join(elsewhere, '.git'), deleted]) mkdirSync(directory, { recursive: true });
  const jobs = [
    await sessionJob(world, { background: false }),
    await sessionJob(world, { background: false, cwd: elsewhere }),
  ];
  for (const job of jobs) await world.untilStage(job.id, 'running');
  const hook = await callHook(world, {
    event: 'SessionEnd',
    input: { cwd: deleted },
    env: { CLAUDE_PROJECT_DIR: deleted },
    prefix: ['/bin/sh', '-c', `cd '${deleted}' && rmdir '${deleted}' && exec "$@"`, 'sh'],
  });
  assert.deepEqual({ code: hook.code, out: hook.stdout }, { code: 0, out: '' });
  for (const job of jobs) await endedBySession(world, job);
});

const stdins: Record<string, string | Buffer | 'open'> = {
  empty: '',
  'never closed': 'open',
  malformed: '{"session_id": "session-1", ',
  'no object': '[null]',
  'not text': Buffer.from([0xff, 0xfe, 0, 1, 2, 0x7d]),
  'hostile fields': JSON.stringify({ session_id: 7, cwd: { a: 1 }, reason: ['x'], transcript_path: '\0' }),
  'another session': JSON.stringify({ session_id: 'session-2', cwd: 'relative', reason: 'x'.repeat(10_000) }),
  huge: JSON.stringify({ session_id: 'session-1', pad: 'x'.repeat(20_000_000) }),
};

for (const [name, stdin] of Object.entries(stdins)) {
  test(`with its id in the environment the session ends by that, with a stdin that is ${name}`, async () => {
    await using world = await aWorkspace();
    await using _jobs = endingJobs(world);
    const job = await sessionJob(world, { background: false });
    await world.untilStage(job.id, 'running');
    const hook = await callHook(world, { event: 'SessionEnd', stdin });
    assert.deepEqual({ code: hook.code, out: hook.stdout, err: hook.stderr }, { code: 0, out: '', err: '' });
    assert.ok(hook.ms < LIMIT_MS, `took ${hook.ms} ms`);
    await endedBySession(world, job);
  });
}

test('a reason that comes late does no harm: the hook does not wait for it', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false });
  await world.untilStage(job.id, 'running');
  const hook = startHook(world, { event: 'SessionEnd', stdin: 'open' });
  const { code, stdout, stderr } = await hook.ended;
  hook.closeStdin('{"reason":"clear"}');
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  await endedBySession(world, job);
});

test('Codex tells the session on stdin alone, and it may come late; a CLAUDE_CODE_SESSION_ID there is not its own', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false, host: 'codex', session: 'thread-1' });
  const outer = await sessionJob(world, { background: false, session: 'outer' });
  for (const one of [job, outer]) await world.untilStage(one.id, 'running');
  const env = { CLAUDE_CODE_SESSION_ID: 'outer' };
  const hook = startHook(world, { event: 'SessionEnd', host: 'codex', stdin: 'open', env });
  await until('the hook waits', () =>
    world.processes().some(({ command }) => /session-hook\.mjs codex/.test(command)),
  );
  hook.closeStdin('{"session_id":"thread-1","reason":"other"}\n');
  assert.equal((await hook.ended).code, 0);
  await endedBySession(world, job);
  assert.equal(stage(world, outer), 'running');
});

test('Codex without any input ends nothing, says so, and is done in a second', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false, host: 'codex', session: 'thread-1' });
  await world.untilStage(job.id, 'running');
  const hook = await callHook(world, { event: 'SessionEnd', host: 'codex', stdin: 'open' });
  assert.equal(hook.code, 0);
  assert.match(hook.stderr, /^codex-companion: the host named no session[^\n]*\n$/);
  assert.ok(hook.ms < LIMIT_MS, `took ${hook.ms} ms`);
  assert.equal(stage(world, job), 'running');
});

test('a stopped holder of the lock keeps neither the hook nor the end of the foreground job waiting', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false });
  await world.untilStage(job.id, 'running');
  const contender = join(import.meta.dirname, '../support/contender.ts');
  const holder = spawn(
    process.execPath,
    ['--import', 'tsx', contender, 'hold', world.context().layout.lockDirectory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  holder.kill('SIGSTOP');
  try {
    const hook = await callHook(world, { event: 'SessionEnd' });
    assert.deepEqual({ code: hook.code, err: hook.stderr }, { code: 0, err: '' });
    assert.ok(hook.ms < LIMIT_MS, `took ${hook.ms} ms`);
    await endedBySession(world, job);
  } finally {
    holder.kill('SIGKILL');
  }
});

test('a session that owns no job costs no node', async () => {
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
  const finished = await sessionJob(world, { background: false, command: ['true'] });
  await world.untilStage(finished.id, 'finished');
  await callHook(world, { event: 'SessionStart', session: 'session-2' });
  await until(
    'the finished job is off the list',
    () => !existsSync(join(world.stateRoot, 'sessions/claude-code-session-1')),
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
    'a relative CODEX_COMPANION_HOME': { CODEX_COMPANION_HOME: 'state here' },
    'an odd CODEX_COMPANION_HOME': { CODEX_COMPANION_HOME: join(world.folder, "it's $HOME *") },
  };
  for (const [name, env] of Object.entries(places)) {
    const start = await callHook(world, { event: 'SessionStart', env });
    assert.deepEqual([start.code, start.stderr], [0, ''], name);
  }
  const { home, workspace, folder } = world;
  const roots = [
    `${home}/.local/state/codex-companion`,
    `${folder}/xdg/codex-companion`,
    `${workspace}/state here`,
  ];
  roots.push(join(folder, "it's $HOME *"));
  assert.deepEqual(
    roots.map((root) => existsSync(join(root, 'workspaces'))),
    roots.map(() => true),
  );
  // Only a job makes the fast path go on: each place in turn has one that nobody can read, which node says.
  for (const [name, env] of Object.entries(places)) {
    const root = name === 'XDG_STATE_HOME' ? roots[1] : (env.CODEX_COMPANION_HOME ?? roots[0]);
    const jobs = join(
      root?.startsWith('/') ? root : join(workspace, root ?? ''),
      'sessions/claude-code-session-1/jobs',
    );
    mkdirSync(join(jobs, 'run-aaaaaaaa-bbbbbbbb'), { recursive: true });
    const { stderr } = await callHook(world, { event: 'SessionEnd', env });
    assert.match(stderr, /EISDIR/, name);
  }
});

const hostile = [
  '../../../etc',
  '..',
  '-rf',
  'a b',
  "'; touch pwned; '",
  '$(touch pwned)',
  '*',
  'a/b',
  'é',
  'x'.repeat(300),
];

test('a session id that is no plain name names no path and runs nothing', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  for (const session of hostile) {
    const job = await sessionJob(world, { background: false, session });
    await world.untilStage(job.id, 'running');
    const hook = await callHook(world, { event: 'SessionEnd', session });
    assert.deepEqual({ code: hook.code, out: hook.stdout, err: hook.stderr }, { code: 0, out: '', err: '' });
    await endedBySession(world, job);
  }
  assert.deepEqual(readdirSync(world.folder).sort(), ['home', 'project', 'state', 'the plugin']);
  assert.deepEqual(readdirSync(world.workspace).sort(), ['.git', 'README.md']);
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

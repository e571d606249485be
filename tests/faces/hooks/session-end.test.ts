/** SessionEnd, called as the hosts call it, on real jobs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { identify, ownIdentity } from '../../../scripts/process/identity.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { sweepAll } from '../../../scripts/use-cases/upkeep/sweep.ts';
import { callHook, endingJobs, sessionJob, startHook } from '../../support/hosts/hooks.ts';
import { HELD_UP_MS } from '../../support/hosts/patient-node.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const stage = (world: World, job: { id: string }) => world.reading(job.id).state.stage;

async function endedBySession(world: World, job: { id: string }): Promise<void> {
  const { state } = await world.untilStage(job.id, 'finished');
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

test('a session that is open in a second process keeps the foreground jobs asked for there', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const other = spawn('sleep', ['300']);
  const client = identify(other.pid ?? 0);
  assert.ok(client);
  try {
    const env = { CLAUDE_PID: String(process.pid) };
    await callHook(world, { event: 'SessionStart', env });
    const mine = await sessionJob(world, { background: false, client: ownIdentity() });
    const theirs = await sessionJob(world, { background: false, client });
    for (const job of [mine, theirs]) await world.untilStage(job.id, 'running');
    await callHook(world, { event: 'SessionEnd', env });
    await endedBySession(world, mine);
    await callHook(world, { event: 'SessionStart', session: 'session-2' });
    await sweepAll(world.context());
    assert.equal(stage(world, theirs), 'running');
  } finally {
    other.kill('SIGKILL');
  }
});

test('a session that comes back at once keeps its new foreground job', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const first = await sessionJob(world, { background: false });
  await world.untilStage(first.id, 'running');
  await callHook(world, { event: 'SessionEnd' });
  await callHook(world, { event: 'SessionStart', input: { source: 'resume' } });
  const next = await sessionJob(world, { background: false });
  await endedBySession(world, first);
  await until(
    'the follow-up is over',
    () => !world.processes().some(({ command }) => /follow-up/.test(command)),
  );
  // On a busy machine it may not have begun yet; what was ended never begins.
  await world.untilStage(next.id, 'running');
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
    assert.ok(hook.ms < HELD_UP_MS, `took ${hook.ms} ms`);
    await endedBySession(world, job);
  });
}

test('a reason that the host is late to write is told; one that never comes is not invented', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const why = (job: { id: string }) => world.reading(job.id).facts.stop?.by;
  const told = await sessionJob(world, { background: false });
  const untold = await sessionJob(world, { background: false, session: 'session-2' });
  for (const job of [told, untold]) await world.untilStage(job.id, 'running');

  // Told by the hook's own clock, so that a machine under load comes to the same.
  const late = `performance.now = () => 0;
    setTimeout(() => process.stdin.emit('data', '{"reason":"prompt_input_exit"}'), 600);`;
  const preload = pathToFileURL(world.write('late.mjs', late)).href;
  // The caller's NODE_OPTIONS do not reach our own programs.
  // Not in the workspace: no program is taken from there.
  const tools = join(world.folder, 'tools');
  mkdirSync(tools);
  writeFileSync(join(tools, 'node'), `#!/bin/sh\nexec '${process.execPath}' '--import=${preload}' "$@"\n`, {
    mode: 0o755,
  });
  const first = startHook(world, {
    ...{ event: 'SessionEnd', stdin: 'open' },
    env: { PATH: `${tools}:${world.env.PATH}` },
  });
  assert.equal((await first.ended).code, 0);
  first.closeStdin('');
  await endedBySession(world, told);
  assert.equal(why(told), 'the end of its session (prompt_input_exit)');

  const second = startHook(world, { event: 'SessionEnd', session: 'session-2', stdin: 'open' });
  const { code, stdout, stderr } = await second.ended;
  second.closeStdin('{"reason":"clear"}');
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  await endedBySession(world, untold);
  assert.equal(why(untold), 'the end of its session');
});

test('Codex tells the session on stdin alone, and it may come late; a CLAUDE_CODE_SESSION_ID there is not its own', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false, host: 'codex', session: 'thread-1' });
  const outer = await sessionJob(world, { background: false, session: 'outer' });
  for (const one of [job, outer]) await world.untilStage(one.id, 'running');
  const env = { CLAUDE_CODE_SESSION_ID: 'outer' };
  // On a slow machine the hook has given up before it is told anything, and is called again.
  await until('the hook was told in time', async () => {
    const hook = startHook(world, { event: 'SessionEnd', host: 'codex', stdin: 'open', env });
    await until('the hook waits', () =>
      world.processes().some(({ command }) => /session-hook\.cjs codex/.test(command)),
    );
    hook.closeStdin('{"session_id":"thread-1","reason":"other"}\n');
    assert.equal((await hook.ended).code, 0);
    return world.reading(job.id).facts.stop;
  });
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
  assert.ok(hook.ms < HELD_UP_MS, `took ${hook.ms} ms`);
  assert.equal(stage(world, job), 'running');
});

test('a stopped holder of the lock keeps neither the hook nor the end of the foreground job waiting', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: false });
  await world.untilStage(job.id, 'running');
  const contender = join(import.meta.dirname, '../../support/scenarios/contender.ts');
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
    assert.ok(hook.ms < HELD_UP_MS, `took ${hook.ms} ms`);
    await endedBySession(world, job);
  } finally {
    holder.kill('SIGKILL');
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

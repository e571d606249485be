import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_SETTINGS } from '../../../../scripts/domain/workspace/workspace-state.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace } from '../../../support/world.ts';

test('setup tells what is there and what to do next', async () => {
  await using world = await aWorkspace({ codex: { account: { type: 'chatgpt', email: 'me@example.com' } } });
  const { code, json } = await world.cli('setup', '--json');
  assert.equal(code, 0);
  assert.deepEqual([json.ready, json.codex.available, json.auth.loggedIn], [true, true, true]);
  assert.deepEqual(
    [json.auth.authMethod, json.auth.detail],
    ['chatgpt', 'logged in with chatgpt as me@example.com'],
  );
  assert.deepEqual([json.node, json.actionsTaken], [{ available: true, detail: process.version }, []]);
  world.codex.set({});
  const loggedOut = (await world.cli('setup', '--json')).json;
  assert.deepEqual([loggedOut.ready, loggedOut.auth.loggedIn], [false, false]);
  assert.match(loggedOut.nextSteps[0], /codex login/);
});

test('setup tells of a missing, a dying and an older Codex, each by its reason', async () => {
  await using none = await aWorkspace();
  const missing = (await none.cli('setup', '--json')).json;
  assert.deepEqual([missing.ready, missing.codex.available, missing.codex.program], [false, false, null]);
  assert.match(missing.nextSteps[0], /npm install -g @openai\/codex/);
  await using broken = await aWorkspace({ codex: { dieOn: 'initialize' } });
  const { json, code } = await broken.cli('setup', '--json');
  assert.deepEqual(
    [code, json.ready, json.codex.available, json.codex.version],
    [0, false, false, '0.169.0'],
  );
  await using old = await aWorkspace({
    codex: { refuse: { 'account/read': { code: -32600, message: 'what?' } } },
  });
  const { codex, auth } = (await old.cli('setup', '--json')).json;
  assert.deepEqual([codex.available, auth.loggedIn, auth.detail], [true, false, 'what?']);
});

test('setup tells which approval policy tasks get, and that there is none they could have', async () => {
  const account = { type: 'apiKey' };
  await using world = await aWorkspace({ codex: { account } });
  const policyLine = async () =>
    /^- approval policy of tasks: (.*)$/m.exec((await world.cli('setup')).stdout)?.[1];
  assert.equal(await policyLine(), 'never');
  world.codex.set({ account, requirements: { allowedApprovalPolicies: ['on-request'] } });
  assert.equal(
    await policyLine(),
    'on-request, as requirements.toml does not allow never; what Codex asks is declined',
  );
  const { json } = await world.cli('setup', '--json');
  assert.deepEqual([json.ready, json.approvals.available, json.approvals.policy], [true, true, 'on-request']);
  const allowedApprovalsReviewers = ['auto_review'];
  const requirements = { allowedApprovalPolicies: ['on-request'], allowedApprovalsReviewers };
  world.codex.set({ account, requirements });
  const none = (await world.cli('setup', '--json')).json;
  assert.deepEqual([none.ready, none.approvals.available, none.approvals.policy], [false, false, null]);
  assert.match(none.nextSteps.at(-1), /requirements\.toml/);
});

test('the review gate is kept in the settings, where a damaged index does not lose it', async () => {
  await using world = await aWorkspace();
  const { json } = await world.cli('setup', '--enable-review-gate', '--json');
  assert.deepEqual([json.reviewGateEnabled, json.actionsTaken.length], [true, 1]);
  const { layout } = world.context();
  assert.deepEqual(JSON.parse(readFileSync(layout.settingsFile, 'utf8')), {
    ...DEFAULT_SETTINGS,
    stopReviewGate: true,
  });
  writeFileSync(join(layout.directory, 'state.json'), 'rubbish');
  const { config, needsReview } = (await world.cli('status', '--json')).json;
  assert.deepEqual([config, needsReview], [{ ...DEFAULT_SETTINGS, stopReviewGate: true }, true]);
  await world.cli('setup', '--disable-review-gate');
  assert.equal((await world.cli('status', '--json')).json.needsReview, false);
  assert.equal((await world.cli('setup', '--enable-review-gate', '--disable-review-gate')).code, 2);
});

test('nobody is told that the review gate works, which is not built yet', async () => {
  await using world = await aWorkspace();
  const off = await world.cli('setup', '--json');
  assert.ok(!off.stdout.includes('--enable-review-gate'), 'it is no next step');
  const on = await world.cli('setup', '--enable-review-gate');
  assert.match(on.stdout, /^- review gate: enabled, without effect/m);
  assert.match((await world.cli('status')).stdout, /^Review gate: enabled, without effect/m);
});

test('the cap on parallel jobs is a setting of its own; anything but a number from 1 or none changes nothing', async () => {
  await using world = await aWorkspace();
  const { layout } = world.context();
  mkdirSync(layout.directory, { recursive: true, mode: 0o700 });
  writeFileSync(layout.settingsFile, '{"stopReviewGate":true,"tomorrow":7}', { mode: 0o600 });
  assert.equal((await world.cli('setup', '--json')).json.maxParallel, null, 'from before there was a cap');
  const { json } = await world.cli('setup', '--max-parallel', '4', '--json');
  assert.deepEqual([json.maxParallel, json.reviewGateEnabled], [4, true]);
  assert.deepEqual(json.actionsTaken, [`Set a cap of 4 on parallel Codex jobs for ${world.workspace}.`]);
  for (const wrong of ['0', '-1', '1.5', 'many', '1e3']) {
    const { code, stdout, stderr } = await world.cli(
      'setup',
      '--disable-review-gate',
      `--max-parallel=${wrong}`,
    );
    assert.deepEqual([code, stdout], [2, ''], stderr);
  }
  const kept = { ...DEFAULT_SETTINGS, stopReviewGate: true, tomorrow: 7, maxParallel: 4 };
  assert.deepEqual(JSON.parse(readFileSync(layout.settingsFile, 'utf8')), kept);
  writeFileSync(layout.stateFile, 'rubbish');
  assert.equal((await world.cli('status', '--json')).json.config.maxParallel, 4);
  assert.match(
    (await world.cli('setup', '--max-parallel', 'none')).stdout,
    /parallel Codex jobs: any number/,
  );
});

test('doctor finds nothing where nothing is, and changes nothing', async () => {
  await using world = await aWorkspace({ env: { CODEX_COMPANION_HOME: '/var/empty/state' } });
  const { code, json } = await world.cli('doctor', '--json');
  assert.deepEqual([code, json.problems, json.stateRoot.exists], [0, [], false]);
  assert.match((await world.cli('doctor')).stdout, /Nothing is wrong\./);
});

test('doctor names a state directory in which a sandboxed command may write', async () => {
  await using world = await aWorkspace({ env: { TMPDIR: '/var/empty/temp' } });
  for (const [root, place] of [
    [world.stateRoot, '/tmp'],
    ['/var/empty/temp/state', '/var/empty/temp'],
    [join(world.workspace, 'new/state'), world.workspace],
  ] as const) {
    const env = { CODEX_COMPANION_HOME: root };
    const { problems } = (await world.cliWith({ env }, 'doctor', '--json')).json;
    const [told] = problems.filter((text: string) => text.includes('sandbox'));
    if (place === world.workspace) assert.match(told, new RegExp(`^${root} lies below `));
    else
      assert.ok(
        told.startsWith(`${root} lies below ${place}, where commands in Codex's sandbox may write`),
        told,
      );
  }
});

test('doctor names an open state directory, a leftover process, and the official plugin', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'sleep 30 >/dev/null 2>&1 & exit 0');
  await world.cli('wait', id);
  chmodSync(world.stateRoot, 0o755);
  mkdirSync(join(world.home, '.claude'));
  const enabled = { enabledPlugins: { 'codex@openai-codex': true } };
  writeFileSync(join(world.home, '.claude/settings.json'), JSON.stringify(enabled));
  const { json } = await world.cli('doctor', '--json');
  const [leftover] = json.leftovers;
  assert.deepEqual([leftover.name, leftover.jobId], ['sleep', id]);
  assert.equal(leftover.outcome, 'completed, 1 process still running');
  assert.deepEqual([json.stateRoot.mode, json.bothPlugins, json.problems.length], ['755', true, 4]);
  assert.match(
    json.problems.find((problem: string) => problem.includes('still runs')),
    /^sleep \(pid \d+, [\d.]+ % CPU, [\d.]+ % memory\) of run-/,
  );
  process.kill(leftover.pid, 'SIGKILL');
});

test('what an ended job has left running is no order for sweep: it and doctor give the line that ends it', async () => {
  await using world = await aWorkspace();
  const left = 'sleep 300 >/dev/null 2>&1 &';
  const id = await world.run('sh', '-c', `${left} ${left} exit 0`);
  await world.cli('wait', id);
  const { stdout } = await world.cli('sweep');
  const [, first, second, line] =
    /: run-\S+ has ended and left running sleep \(pid (\d+)\), sleep \(pid (\d+)\): codex-companion (.*)\n$/.exec(
      stdout,
    ) ?? assert.fail(stdout);
  const { problems } = (await world.cli('doctor', '--json')).json;
  assert.ok(
    problems.some((text: string) =>
      text.endsWith(`still run, though the job has ended: codex-companion ${line}`),
    ),
    problems.join('\n'),
  );
  assert.equal((await world.cli(...String(line).split(' '))).code, 0);
  const pids = world.processes().map(({ pid }) => String(pid));
  assert.deepEqual([pids.includes(String(first)), pids.includes(String(second))], [false, false]);
  assert.equal((await world.cli('sweep')).stdout, 'All was in order.\n');
});

test('sweep finds the end of a job whose worker was killed', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const { worker, command } = await until('the command runs', () => {
    const { claim, command } = world.reading(id).facts;
    return claim?.kind === 'worker' && command && { worker: claim.worker, command };
  });
  for (const { pid } of [worker, command]) process.kill(pid, 'SIGKILL');
  const { code, json } = await world.cli('sweep', '--json');
  assert.equal(code, 0);
  const settled = json.workspaces.flatMap((one: { settled: { id: string }[] }) => one.settled);
  assert.deepEqual(settled, [{ id, outcome: 'lost' }]);
  assert.equal((await world.cli('sweep')).stdout, 'All was in order.\n');
  assert.equal((await world.cli('status', id, '--json')).json.job.status, 'failed');
});

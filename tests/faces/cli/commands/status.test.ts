import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_SETTINGS } from '../../../../scripts/domain/workspace/workspace-state.ts';
import { jobFiles } from '../../../../scripts/state/job/job-directory.ts';
import { aWorkspace } from '../../../support/world.ts';

test('status has the keys of 1.0.5, also where there is nothing', async () => {
  await using world = await aWorkspace();
  const { code, json } = await world.cli('status', '--json');
  assert.equal(code, 0);
  assert.deepEqual(json, {
    workspaceRoot: world.workspace,
    config: DEFAULT_SETTINGS,
    sessionRuntime: {
      mode: 'direct',
      label: 'direct startup',
      detail: 'No Codex runtime is up; the first task or review starts one.',
      endpoint: null,
    },
    running: [],
    latestFinished: null,
    recent: [],
    needsReview: false,
    broker: null,
    warnings: [],
    counts: { running: 0, paused: 0, queued: 0, completedToday: 0, failedToday: 0, atLeast: false },
    more: { count: 0, older: false },
    nextCursor: null,
  });
  assert.match((await world.cli('status')).stdout, /No jobs here\. Start one: codex-companion run/);
});

test('a job shows all that 1.0.5 showed, and how it ended exactly', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo one; echo two; exit 5');
  await world.cli('wait', id);
  const { json } = await world.cli('status', id, '--json');
  const { createdAt, startedAt, completedAt, duration, elapsed, ...job } = json.job;
  assert.deepEqual(json.workspaceRoot, world.workspace);
  assert.ok(createdAt <= startedAt && startedAt <= completedAt, 'the times are in order');
  assert.match(duration, /^\d/);
  assert.equal(elapsed, duration);
  assert.deepEqual(job, {
    ...{ id, number: 1, name: null, kind: 'run', kindLabel: 'run', jobClass: 'run', title: 'Shell command' },
    ...{ summary: "sh -c 'echo one; echo two; exit 5'", status: 'failed', phase: 'failed', background: true },
    queuePosition: null,
    ...{ sessionId: null, threadId: null, turnId: null, pid: null },
    logFile: join(world.reading(id).facts.directory, 'output.log'),
    logBytes: 8,
    updatedAt: completedAt,
    progressPreview: ['one', 'two'],
    says: 'two',
    usual: null,
    errorMessage: 'exited 5',
    ...{ workspaceRoot: world.workspace, cwd: world.workspace, host: null, agentId: null },
    outcome: world.reading(id).facts.outcome,
    notice: null,
    limits: null,
    onComplete: null,
  });
});

test('the session’s own live jobs come first, and other sessions’ are shown', async () => {
  await using world = await aWorkspace();
  const enqueue = async (session: string) => {
    const env = { CLAUDE_CODE_SESSION_ID: session };
    return (await world.cliWith({ env }, 'run', '--background', '--json', '--', 'sleep', '30')).json.jobId;
  };
  const mine = await enqueue('mine');
  const theirs = await enqueue('theirs');
  const { json } = await world.cliWith({ env: { CLAUDE_CODE_SESSION_ID: 'mine' } }, 'status', '--json');
  assert.deepEqual(
    json.running.map((job: { id: string; sessionId: string }) => [job.id, job.sessionId]),
    [
      [mine, 'mine'],
      [theirs, 'theirs'],
    ],
  );
  for (const id of [mine, theirs]) await world.cli('cancel', id);
});

test('a job being stopped reads running, with phase stopping', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
  await world.untilStage(id, 'running');
  const { code } = await world.cli('status', id, '--wait', '--timeout-ms', '100', '--json');
  assert.equal(code, 124);
  const cancelling = world.start('cancel', id);
  await world.untilStage(id, 'stopping');
  const { job } = (await world.cli('status', id, '--json')).json;
  assert.deepEqual([job.status, job.phase], ['running', 'stopping']);
  assert.equal((await cancelling.ended).code, 0);
});

test('the same jobs are seen from a subdirectory, through a link, and by a unique beginning', async () => {
  await using world = await aWorkspace();
  const id = await world.run('true');
  await world.cli('wait', id);
  mkdirSync(join(world.workspace, 'deep/er'), { recursive: true });
  symlinkSync(world.workspace, join(world.folder, 'link'));
  for (const cwd of ['deep/er', join(world.folder, 'link')]) {
    const { json } = await world.cliWith({ cwd }, 'status', id.slice(0, -3), '--json');
    assert.equal(json.job?.id, id);
  }
  const { json } = await world.cliWith({ cwd: '/' }, 'status', id, '--json');
  assert.deepEqual([json.workspaceRoot, json.job.id], [world.workspace, id]);
});

test('an ambiguous beginning lists the candidates', async () => {
  await using world = await aWorkspace();
  const ids = [await world.run('true'), await world.run('true')].sort();
  await world.cli('wait', ...ids);
  const { code, json } = await world.cli('status', 'run-', '--json');
  assert.deepEqual([code, json.error.code], [3, 'ambiguous-job']);
  for (const id of ids) assert.match(json.error.message, new RegExp(id));
  assert.equal((await world.cli('status', 'run-nothing')).code, 3);
});

test('for a slash command tables are Markdown, with what to type next', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const slash = (await world.cli('status', '--for-slash-command')).stdout;
  assert.match(slash, /^\| Job \| Kind \| Status \| Phase \| Elapsed \|/m);
  assert.match(slash, new RegExp(`\`/codex:cancel ${id}\``));
  await world.cli('cancel', id);
});

test('a log that has grown huge is a warning', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '60');
  await world.untilStage(id, 'running');
  truncateSync(jobFiles(world.reading(id).facts.directory).log, 1.5 * 1024 ** 3); // sparse: it takes no room
  const { json } = await world.cli('status', '--json');
  assert.deepEqual(json.warnings, [`The output of ${id} has grown to 1.5 GB.`]);
  assert.match(
    (await world.cli('status')).stdout,
    new RegExp(`^Warning: The output of ${id} has grown`, 'm'),
  );
  await world.cli('cancel', id);
});

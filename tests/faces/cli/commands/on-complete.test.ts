import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sameProcess } from '../../../../scripts/domain/base/identity.ts';
import { identify } from '../../../../scripts/process/identity.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

async function ran(world: World, id: string): Promise<{ stage: string; exitCode?: number; logFile: string }> {
  return until(`the on-complete of ${id} has ended`, async () => {
    const { onComplete } = (await world.cli('status', id, '--json')).json.job;
    return ['ended', 'cut-off'].includes(onComplete.stage) && onComplete;
  });
}

async function enqueued(world: World, onComplete: string, ...command: string[]): Promise<string> {
  const { json } = await world.cli(
    'run',
    '--background',
    '--json',
    '--on-complete',
    onComplete,
    '--',
    ...command,
  );
  return json.jobId;
}

test('--on-complete runs in the job’s directory, with its caller’s environment, the outcome in it and on stdin', async () => {
  await using world = await aWorkspace({ env: { MY_OWN: 'kept', CODEX_COMPANION_JOB: 'run-outer-0000' } });
  const out = join(world.folder, 'seen');
  const id = await enqueued(
    world,
    `{ pwd; env -0 | tr '\\n' ' ' | tr '\\0' '\\n'; echo ---; cat; } > ${out}`,
    'sh',
    '-c',
    'echo hi; exit 3',
  );
  assert.deepEqual((await ran(world, id)).exitCode, 0);
  const [said = '', json = ''] = readFileSync(out, 'utf8').split('---\n');
  const [cwd, ...lines] = said.split('\n');
  const variables = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  assert.equal(cwd, world.workspace);
  const { outcome } = world.reading(id).facts;
  const expected = {
    MY_OWN: 'kept',
    CODEX_COMPANION_ENVIRONMENT: 'caller',
    CODEX_COMPANION_JOB: undefined,
    CODEX_COMPANION_JOB_ID: id,
    CODEX_COMPANION_JOB_KIND: 'run',
    CODEX_COMPANION_JOB_TITLE: 'Shell command',
    CODEX_COMPANION_JOB_STATUS: 'failed',
    CODEX_COMPANION_JOB_EXIT_CODE: '3',
    CODEX_COMPANION_JOB_SIGNAL: '',
    CODEX_COMPANION_JOB_REASON: outcome?.reason,
    CODEX_COMPANION_JOB_FINISHED_AT: outcome?.finishedAt,
    CODEX_COMPANION_MAY_REPEAT: undefined,
  };
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((name) => [name, variables[name]])),
    expected,
  );
  assert.match(variables.CODEX_COMPANION_JOB_DURATION ?? '', /^\d+(\.\d+)?$/);
  assert.equal(readFileSync(variables.CODEX_COMPANION_JOB_LOG ?? '', 'utf8'), 'hi\n');
  const told = JSON.parse(json);
  assert.deepEqual([told.id, told.status, told.outcome, told.cwd], [id, 'failed', outcome, world.workspace]);
});

test('a Codex job’s --on-complete has its caller’s environment and its result', async () => {
  await using world = await aWorkspace({ codex: {}, env: { MY_OWN: 'kept', NODE_OPTIONS: '--no-warnings' } });
  const out = join(world.folder, 'seen');
  const command = `echo "$MY_OWN $NODE_OPTIONS $CODEX_COMPANION_JOB_STATUS" > ${out}; cat "$CODEX_COMPANION_JOB_RESULT" >> ${out}`;
  const { json } = await world.cli('task', '--background', '--json', '--on-complete', command, 'hello');
  assert.equal((await ran(world, json.jobId)).exitCode, 0);
  const [first, ...result] = readFileSync(out, 'utf8').split('\n');
  assert.equal(first, 'kept --no-warnings completed');
  assert.notEqual(result.join('').trim(), '');
});

test('it is no part of the job: the job has ended while it runs, and it outlives a cancel', async () => {
  await using world = await aWorkspace();
  const go = join(world.folder, 'go');
  const id = await enqueued(world, `while [ ! -e ${go} ]; do sleep 0.1; done; exit 5`, 'sleep', '600');
  await world.untilStage(id, 'running');
  const cancelled = await world.cli('cancel', id, '--json');
  assert.deepEqual([cancelled.code, cancelled.json.left], [0, []]);
  const running = await until('it runs', async () => {
    const { job } = (await world.cli('status', id, '--json')).json;
    return job.onComplete.stage === 'running' && job;
  });
  assert.equal(running.status, 'cancelled');
  assert.doesNotMatch((await world.cli('doctor')).stdout, new RegExp(id));
  world.write('../go', '');
  assert.equal((await ran(world, id)).exitCode, 5);
});

test('one that fails is told by status and doctor, with where its output is', async () => {
  await using world = await aWorkspace();
  const id = await enqueued(world, 'echo it is broken >&2; exit 7', 'true');
  const { logFile } = await ran(world, id);
  assert.equal(readFileSync(logFile, 'utf8'), 'it is broken\n');
  assert.match(
    (await world.cli('status', id)).stdout,
    new RegExp(`on end +failed \\(exit 7\\); its output: ${logFile}`),
  );
  assert.match(
    (await world.cli('doctor')).stdout,
    new RegExp(`on-complete command of ${id} failed \\(exit 7\\)`),
  );
  assert.equal((await world.cli('status', id, '--json')).json.job.status, 'completed');
});

test('a text that begins with a dash is no option of the shell', async () => {
  await using world = await aWorkspace();
  const id = await enqueued(world, '-none 2>/dev/null; exit 9', 'true');
  assert.equal((await ran(world, id)).exitCode, 9);
});

test('where its worker is dead a reader runs it, and says that the environment is not the caller’s', async () => {
  await using world = await aWorkspace({ env: { VIRTUAL_ENV: '/of/the/caller' } });
  const out = join(world.folder, 'seen');
  const id = await enqueued(
    world,
    `echo "$CODEX_COMPANION_ENVIRONMENT [$VIRTUAL_ENV] $CODEX_COMPANION_JOB_STATUS" > ${out}`,
    'sleep',
    '600',
  );
  const { state } = await world.untilStage(id, 'running');
  const command = await until('the command is recorded', () => world.reading(id).facts.command);
  if ('worker' in state) process.kill(state.worker.pid, 'SIGKILL');
  process.kill(command.pid, 'SIGKILL');
  await until('it is gone', () => {
    const now = identify(command.pid);
    return !now || !sameProcess(now, command);
  });
  await world.cli('status');
  assert.equal((await ran(world, id)).exitCode, 0);
  assert.equal(readFileSync(out, 'utf8'), 'neutral [] lost\n');
});

test('a job’s directory that is gone does not keep it from running', async () => {
  await using world = await aWorkspace();
  const place = world.write('place/file', '');
  const out = join(world.folder, 'seen');
  const { json } = await world.cliWith(
    { cwd: 'place' },
    'run',
    '--background',
    '--json',
    '--on-complete',
    `pwd > ${out}`,
    '--',
    'rm',
    '-r',
    join(world.workspace, 'place'),
  );
  const { logFile, exitCode } = await ran(world, json.jobId);
  assert.deepEqual([exitCode, readFileSync(out, 'utf8'), existsSync(place)], [0, '/\n', false]);
  assert.match(readFileSync(logFile, 'utf8'), /place is not there any more; this runs in \//);
});

test('an empty --on-complete is a usage error and starts nothing', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli('run', '--on-complete', ' ', '--', 'true');
  assert.equal(code, 2);
  assert.match(stderr, /--on-complete was given no command/);
  assert.equal(existsSync(world.stateRoot), false);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Follower } from '../../../support/follower.ts';
import { callHook, sessionJob } from '../../../support/hosts/hooks.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace } from '../../../support/world.ts';

const typesOf = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);

test('a job’s life is told without a follower: queued, started, ended with its outcome', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo out; exit 3');
  await world.cli('wait', id);
  await world.cli('sweep');
  const { code, stdout } = await world.cli('events');
  assert.equal(code, 0);
  assert.deepEqual(typesOf(stdout), ['queued', 'started', 'ended']);
  const [queued, , ended] = stdout.split('\n').map((line) => (line ? JSON.parse(line) : undefined));
  const { jobId, kind, title, background, cwd, sessionId } = queued;
  assert.deepEqual(
    { jobId, kind, title, background, cwd, sessionId },
    {
      jobId: id,
      kind: 'run',
      title: 'Shell command',
      background: true,
      cwd: world.workspace,
      sessionId: null,
    },
  );
  assert.deepEqual(ended.outcome, world.reading(id).facts.outcome);
  assert.deepEqual([ended.jobId, ended.status, ended.outcome.exitCode], [id, 'failed', 3]);
});

test('each line’s next is the number of the one after it, and --from takes it', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'true');
  await world.cli('sweep');
  const all = (await world.cli('events')).stdout;
  const lines = all.split('\n').slice(0, -1);
  const numbers = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    numbers.map(({ seq }) => seq),
    [0, ...numbers.slice(0, -1).map(({ next }) => next)],
  );
  for (const [index, { next }] of numbers.entries()) {
    const rest = await world.cli('events', '--from', String(next));
    assert.equal(
      rest.stdout,
      lines
        .slice(index + 1)
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
});

test('a wrong --from is an error that says what to type, also as JSON', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'true');
  const beyond = await world.cli('events', '--from', '100000', '--json');
  assert.deepEqual([beyond.code, beyond.json.error.code], [2, 'usage']);
  assert.match(beyond.json.error.message, /^--from 100000 lies beyond the last event/);
  const within = await world.cli('events', '--from', '7', '--follow');
  assert.equal(within.code, 2);
  assert.match(within.stderr, /--from 7 lies within event 0\.\n {2}--from 0/);
  assert.equal((await world.cli('events', '--from', 'start')).code, 2);
});

test('while somebody follows, start, output, silence and phases are told as they happen', async () => {
  await using world = await aWorkspace({ codex: {} });
  const follower = new Follower(world);
  const seen = (type: string, jobId: string) =>
    until(`${type} of ${jobId} is told`, () =>
      follower.events.find((one) => one.type === type && one.jobId === jobId),
    );
  // Told at half of its limit; a slow machine needs seconds to look.
  const quiet = await world.cli('run', '--background', '--json', '--stall', '12s', '--', 'sleep', '600');
  const talker = await world.run('sh', '-c', 'echo hello; exec sleep 600');
  await seen('started', talker);
  assert.equal((await seen('output', talker)).cursor, 6);
  assert.equal(world.reading(talker).state.stage, 'running');
  await world.cli('cancel', talker);
  assert.equal((await seen('ended', talker)).status, 'cancelled');

  const task = await world.cli('task', '--background', '--json', 'hello');
  assert.equal((await seen('ended', task.json.jobId)).status, 'completed');

  await seen('stalled', quiet.json.jobId);
  assert.equal((await seen('ended', quiet.json.jobId)).status, 'timed-out');
  await follower.kill();
});

test('that an agent was told of an end is told, also to a follower that comes later, and once', async () => {
  await using world = await aWorkspace();
  await callHook(world, { event: 'SessionStart' });
  const { id } = await sessionJob(world, { background: true, command: ['true'] });
  await world.cli('wait', id);
  await callHook(world, { event: 'UserPromptSubmit' });
  const followers = [new Follower(world), new Follower(world)];
  const toldIn = (follower: Follower) => follower.events.filter(({ type }) => type === 'notice-told');
  for (const follower of followers) await until('the notice is told of', () => toldIn(follower).length > 0);
  await Promise.all(followers.map((follower) => follower.kill()));
  for (const follower of followers) {
    const [{ jobId, sessionId, way, number, mayRepeat } = assert.fail(), ...more] = toldIn(follower);
    assert.deepEqual(
      { jobId, sessionId, way, number, mayRepeat, more },
      { jobId: id, sessionId: 'session-1', way: 'prompt', number: 1, mayRepeat: false, more: [] },
    );
  }
});

test('a follower sees a lost job’s end, though nobody else looks', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '600');
  const { state } = await world.untilStage(id, 'running');
  const follower = new Follower(world);
  const command = await until('the command is recorded', () => world.reading(id).facts.command);
  if ('worker' in state) process.kill(state.worker.pid, 'SIGKILL');
  process.kill(command.pid, 'SIGKILL');
  const ended = await until('its end is told', () => follower.events.find(({ type }) => type === 'ended'));
  assert.deepEqual([ended.jobId, ended.status], [id, 'lost']);
  await follower.kill();
});

test('a signal ends a follower with its status; what was written is whole', async () => {
  await using world = await aWorkspace();
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const running = world.start('events', '--follow');
    await world.cli('run', '--', 'true');
    await until('something is told', () => running.stdout.includes('"ended"'));
    running.signal(signal);
    const { code, stdout, stderr } = await running.ended;
    assert.deepEqual([code, stdout.endsWith('}\n'), stderr], [status, true, '']);
  }
});

test('a follower whose reader has gone ends with the next event, without a word', async () => {
  await using world = await aWorkspace();
  await world.cli('run', '--', 'true');
  const follower = `"${process.execPath}" "${join(world.bundles, 'companion.cjs')}" events --follow`;
  const gone = join(world.folder, 'gone');
  // The follower itself may hear of it at once or not before the next event: the pipe may have taken all there was to tell.
  const shell = spawn('/bin/sh', ['-c', `${follower} | { head -n 1; echo >"$1"; }`, 'sh', gone], {
    cwd: world.workspace,
    env: world.env,
    stdio: 'ignore',
  });
  await until('the reader has gone', () => existsSync(gone));
  await world.cli('run', '--', 'true');
  await until('the follower has gone', () => shell.exitCode !== null);
  await until('nothing is left', () => world.processes().length === 0);
});

test('nothing is told, and nothing made, where no job ever was', async () => {
  await using world = await aWorkspace();
  const { code, stdout } = await world.cli('events');
  assert.deepEqual([code, stdout], [0, '']);
});

test('a follower ends with the program that started it, though there is nothing to tell', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '600');
  const companion = JSON.stringify(join(world.bundles, 'companion.cjs'));
  const text = `const child = require('child_process').spawn(process.execPath, [${companion}, 'events', '--follow'], { stdio: ['ignore', 'pipe', 'inherit'] }); child.stdout.pipe(process.stdout); setTimeout(() => {}, 1e6)`;
  const program = world.startWith({ program: [process.execPath, '-e', text] });
  await until('it follows', () => program.stdout.includes('started'));
  program.signal('SIGKILL');
  const followers = () => world.processes().filter(({ command }) => command.includes('--follow'));
  await until('it is gone', () => followers().length === 0);
  await world.cli('cancel', id);
});

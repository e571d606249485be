/** Who is told of a job's end, when, and how often: the committed hooks, called by a stand-in for Claude Code. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JobRequest } from '../../../scripts/domain/job/job.ts';
import { noticeOf } from '../../../scripts/use-cases/notices/notice-of.ts';
import { untilNoBroker } from '../../support/codex/codex-jobs.ts';
import { sessionJob } from '../../support/hosts/hooks.ts';
import { NoticeHost } from '../../support/hosts/notice-host.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

async function started(world: World, session: string): Promise<NoticeHost> {
  const host = new NoticeHost(world, session);
  await host.start();
  return host;
}

const stateOf = (world: World, job: JobRequest) => noticeOf(world.context().layout, job)?.state;
const heardOf = (host: NoticeHost, job: JobRequest) =>
  host.heard.flatMap((text) => text.split('\n')).filter((line) => line.startsWith(`${job.id} (`));

test('the end of a job rings, and its session is woken, whichever directory the job runs in', async () => {
  await using world = await aWorkspace();
  await using host = await started(world, 'mine');
  await using other = await started(world, 'other');
  const elsewhere = join(world.folder, 'elsewhere');
  mkdirSync(elsewhere);
  for (const cwd of [world.workspace, elsewhere]) {
    const job = await sessionJob(world, {
      session: 'mine',
      background: true,
      cwd,
      command: ['echo', 'built'],
    });
    await until('the session is woken', () => heardOf(host, job).length > 0);
    assert.match(host.heard.at(-1) ?? '', /completed after [^\n]*\n {2}\| built\n/);
  }
  await host.call('UserPromptSubmit', { prompt: 'And now?' });
  assert.equal(host.heard.length, 2);
  assert.deepEqual(other.heard, []);
});

test('a session whose id names no directory by itself is woken, too', async () => {
  await using world = await aWorkspace();
  await using host = new NoticeHost(world, "an odd 'id'");
  await host.start();
  const job = await sessionJob(world, { session: "an odd 'id'", background: true, command: ['true'] });
  await until('the session is woken', () => heardOf(host, job).length > 0);
});

test('a doorbell that nobody came for is rung once more, for a command and for a Codex task', async () => {
  await using world = await aWorkspace({ codex: {} });
  await using host = await started(world, 'mine');
  const env = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'mine' };
  for (const work of [
    ['run', '--background', '--json', '--', 'true'],
    ['task', '--background', '--json', '[[say:done]]'],
  ]) {
    host.killHookAfterMs = 0;
    const { jobId } = (await world.cliWith({ env }, ...work)).json;
    await until(`the session is told of ${jobId}`, () => host.heard.join().includes(`${jobId} (`));
    const notice = async () => (await world.cli('status', jobId, '--json')).json.job.notice;
    await until('whoever has rung sees its receipt', async () => (await notice()).state === 'delivered');
  }
  await untilNoBroker(world);
});

test('a session that has ended before its job: the next one of the workspace is told, once', async () => {
  await using world = await aWorkspace();
  await using gone = await started(world, 'gone');
  await gone.call('SessionEnd', { reason: 'prompt_input_exit' });
  const job = await sessionJob(world, { session: 'gone', background: true, command: ['true'] });
  await world.untilStage(job.id, 'finished');
  await using next = await started(world, 'next');
  assert.match(heardOf(next, job)[0] ?? '', /asked for in an earlier session/);
  await using third = await started(world, 'third');
  await next.call('UserPromptSubmit', { prompt: 'And now?' });
  assert.equal(heardOf(next, job).length, 1);
  assert.deepEqual(third.heard, []);
  assert.equal(stateOf(world, job), 'delivered');
});

test('a job that outlives its session ends in the next one: that is woken', async () => {
  await using world = await aWorkspace();
  await using gone = await started(world, 'gone');
  const gate = world.write('gate', '');
  const command = ['sh', '-c', `while [ -e ${gate} ]; do sleep 0.05; done`];
  const job = await sessionJob(world, { session: 'gone', background: true, command });
  await gone.call('SessionEnd', { reason: 'other' });
  await using next = await started(world, 'next');
  await world.cli('cancel', job.id);
  await until('the next session is woken', () => heardOf(next, job).length > 0);
});

test('a subagent’s, a foreground or a failed job: what the agent has read itself is not told', async () => {
  await using world = await aWorkspace();
  await using host = new NoticeHost(world, 'reader');
  const env = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'reader' };
  const run = await world.cliWith({ env }, 'run', '--', 'sh', '-c', 'exit 3');
  assert.equal(run.code, 3);
  const id = /run-[a-z0-9]+-[a-z0-9]+/.exec(run.stderr)?.[0] ?? '';
  const background = await world.cliWith({ env }, 'run', '--background', '--json', '--', 'true');
  const ids = [id, background.json.jobId];
  await world.cli('wait', ...ids); // nobody's session
  assert.equal((await world.cli('status', ids[1], '--json')).json.job.notice.state, 'owed');
  await world.cliWith({ env }, 'result', ids[1]);
  for (const one of ids)
    assert.equal((await world.cli('status', one, '--json')).json.job.notice.state, 'read');
  await host.start();
  await host.call('UserPromptSubmit', { prompt: 'And now?' });
  assert.deepEqual(host.heard, []);
});

test('a session that never comes back leaves nothing: its notices expire, and what is known of it goes', async () => {
  await using world = await aWorkspace();
  await using gone = await started(world, 'gone');
  const job = await sessionJob(world, { session: 'gone', background: true, command: ['true'] });
  gone.deaf = true;
  await until('its end is owed', () => existsSync(join(world.stateRoot, 'sessions/claude-code-gone/owed')));
  await gone.quiet();
  await gone.call('SessionEnd', { reason: 'other' });
  const outcome = join(world.context().layout.jobs, job.id, 'outcome.json');
  const aged = readFileSync(outcome, 'utf8').replace(/"20\d\d-/g, '"2020-');
  writeFileSync(outcome, aged);
  await until('nothing is left', async () => {
    await world.cli('sweep');
    return readdirSync(join(world.stateRoot, 'sessions')).length === 0;
  });
  assert.equal(stateOf(world, job), 'expired');
});

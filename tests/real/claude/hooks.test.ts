/** Our hooks in the real hosts: sessions start and end in every way, and the record says so. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import type { HostName } from '../../../scripts/domain/base/hosts.ts';
import type { JobRequest } from '../../../scripts/domain/job/job.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { cancel } from '../../../scripts/use-cases/jobs/cancel.ts';
import { enqueue } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { readJob } from '../../../scripts/use-cases/reading/read-job.ts';
import { builtBundles } from '../../support/bundles.ts';
import { environment } from '../../support/real/account.ts';
import type { ClaudeSession } from '../../support/real/claude-session.ts';
import { installClients, OLDER_CLAUDE } from '../../support/real/clients.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

/** How a session can end, and what its client's exit status is then; /clear goes on in the same client. */
const endings: Record<string, { end: (session: ClaudeSession) => Promise<unknown>; reason: string }> = {
  '/exit': { end: (session) => session.exit(), reason: 'prompt_input_exit' },
  SIGTERM: { end: (session) => signalled(session, 'SIGTERM', 143), reason: 'other' },
  SIGHUP: { end: (session) => signalled(session, 'SIGHUP', 129), reason: 'other' },
  '/clear': { end: (session) => session.say('/clear'), reason: 'clear' },
};

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    for (const [name, { end, reason }] of Object.entries(endings)) {
      test(`claude ${version}: ${name} ends the session and its foreground job, and nothing else`, {
        skip: tmuxMissing(),
      }, async () => {
        await using world = await realWorld(clients, program);
        await using session = await world.startSession();
        const { id } = await registered(world, 'claude-code', session.pid);
        const jobs = {
          foreground: await aJob(world, 'claude-code', id, false),
          background: await aJob(world, 'claude-code', id, true),
        };
        await end(session);
        const ended = await until('the foreground job has ended', () => outcomeOf(world, jobs.foreground));
        assert.deepEqual(
          [ended.ending, ended.reason.includes(`(${reason})`)],
          ['cancelled', true],
          ended.reason,
        );
        await until('the record says that the session is over', () => record(world, id)?.endedAt);
        assert.equal(outcomeOf(world, jobs.background), null);
        await cancel(
          { id: jobs.background.id, layout: layoutOf(world) },
          { stop: { kind: 'user', by: 'the test' } },
        );
        if (name !== '/clear') return;
        const next = await registered(world, 'claude-code', session.pid);
        assert.notEqual(next.id, id);
        await session.exit();
      });
    }

    test(`claude ${version}: the agent's shell knows its session`, { skip: tmuxMissing() }, async () => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const { id } = await registered(world, 'claude-code', session.pid);
      const shown =
        '"$CODEX_COMPANION_SESSION_ID" "$CODEX_COMPANION_TRANSCRIPT_PATH" "[$CLAUDE_PLUGIN_DATA]"';
      const [told, transcript, data] = (await world.bash(session, `printf '%s\\n' ${shown}`)).split('\n');
      assert.deepEqual([told, data], [id, '[]']);
      assert.ok(transcript?.startsWith(world.account.home) && transcript.endsWith(`${id}.jsonl`), transcript);
      assert.equal(await session.exit(), 0);
    });

    // 2.1.197 calls no hook where the directory is gone; 2.1.332 does.
    const older = version === OLDER_CLAUDE;
    const when = older ? 'at the next start of one' : 'with it';
    test(`claude ${version}: a foreground job of a session whose directory is gone ends ${when}`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const { id } = await registered(world, 'claude-code', session.pid);
      const job = await aJob(world, 'claude-code', id, false);
      const layout = layoutOf(world);
      await rm(world.workspace, { recursive: true });
      await session.exit();
      await mkdir(world.workspace);
      await using next = older ? await world.startSession() : undefined;
      await until('the foreground job has ended', () => readJob(layout, job.id).facts.outcome);
      await next?.exit();
    });
  }

  test('codex: a session is registered, and its end ends its foreground job alone', async () => {
    await using world = await realWorld(clients);
    await world.codexPluginInstall();
    const args = ['exec', '--dangerously-bypass-hook-trust', '--skip-git-repo-check', '[[hold]][[say:done]]'];
    const running = world.codex.run(args, { cwd: world.workspace });
    const { id } = await registered(world, 'codex');
    const jobs = {
      foreground: await aJob(world, 'codex', id, false),
      background: await aJob(world, 'codex', id, true),
    };
    await until('its model thinks', () => world.codexModel.requests.length === 1);
    world.codexModel.release();
    const { code, stdout, stderr } = await running;
    assert.deepEqual([code, stdout.trim()], [0, 'done'], stderr);
    const ended = await until('the foreground job has ended', () => outcomeOf(world, jobs.foreground));
    assert.equal(ended.ending, 'cancelled');
    assert.equal(outcomeOf(world, jobs.background), null);
    await cancel(
      { id: jobs.background.id, layout: layoutOf(world) },
      { stop: { kind: 'user', by: 'the test' } },
    );
  });
}

async function signalled(session: ClaudeSession, signal: NodeJS.Signals, status: number): Promise<void> {
  session.signal(signal);
  assert.equal(await session.exited(), status);
}

function contextOf(world: RealWorld) {
  return makeContext(environment(world.account), world.workspace, builtBundles());
}

function layoutOf(world: RealWorld) {
  return contextOf(world).layout;
}

function record(world: RealWorld, id: string) {
  return readState(layoutOf(world)).sessions.find((one) => one.id === id);
}

/** The open session on record, proven to be this client's. */
async function registered(world: RealWorld, host: HostName, pid?: number) {
  const found = await until(`a session of ${host} is on record`, () =>
    readState(layoutOf(world)).sessions.find((one) => one.host === host && one.endedAt === null),
  );
  if (pid !== undefined) assert.equal(found.client?.pid, pid);
  else assert.ok(found.client);
  return found;
}

/** As `codex-companion run` in that session's shell would have made it. */
async function aJob(
  world: RealWorld,
  host: HostName,
  sessionId: string,
  background: boolean,
): Promise<JobRequest> {
  const job = await enqueue(contextOf(world), {
    kind: 'run',
    title: 'Run',
    summary: 'sleep 300',
    background,
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    origin: { host, sessionId, client: null },
    spec: { argv: ['sleep', '300'] },
  });
  await until('the job runs', () => readJob(layoutOf(world), job.id).state.stage === 'running');
  return job;
}

function outcomeOf(world: RealWorld, job: JobRequest) {
  return readJob(layoutOf(world), job.id).facts.outcome;
}

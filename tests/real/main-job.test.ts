/** The main job: a task that the agent started goes on when its session ends, and the next session has its result. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { survivors } from '../support/leaks.ts';
import type { ClaudeSession } from '../support/real/claude-session.ts';
import { installClients, versions } from '../support/real/clients.ts';
import { tmuxMissing } from '../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../support/real/world.ts';
import { until } from '../support/wait.ts';

const clients = await installClients();

/** The ways out of a session, and the exit status by which the client leaves. */
const endings: Record<string, (session: ClaudeSession) => Promise<void>> = {
  '/exit': async (session) => assert.equal(await session.exit(), 0),
  '/clear': async (session) => session.say('/clear'),
  SIGTERM: async (session) => assert.equal(await endedBy(session, 'SIGTERM'), 143),
  SIGHUP: async (session) => assert.equal(await endedBy(session, 'SIGHUP'), 129),
  SIGKILL: async (session) => assert.equal(await endedBy(session, 'SIGKILL'), 137),
};

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const ending of Object.keys(endings)) theMainJob(versions.claude, clients.claude, ending);
  for (const ending of ['/exit', '/clear']) theMainJob(versions.olderClaude, clients.olderClaude, ending);
}

function theMainJob(version: string, program: string, ending: string): void {
  const title = `claude ${version}: at ${ending} a background task goes on, and a foreground job ends`;
  test(title, { skip: tmuxMissing() }, async () => {
    if ('skip' in clients) return;
    await using world = await realWorld(clients, program);
    await using first = await world.startSession();
    world.codexModel.script({ hold: true, say: 'THE-ANSWER' });
    const task = "codex-companion task --background --json 'What is it?'";
    const { jobId } = JSON.parse(await world.bash(first, task));
    await until('the turn waits for its model', () => world.codexModel.requests.length === 1);
    const foreground = await startForeground(world, first);
    const [session] = sessions(world);
    assert.deepEqual(await sessionsOf(world, jobId, foreground), [session?.id, session?.id]);

    await endings[ending]?.(first);
    if (ending === 'SIGKILL') await world.ask('sweep');
    else await until('SessionEnd is recorded', () => sessions(world)[0]?.endedAt);
    await until(
      'the foreground job has ended',
      async () => (await status(world, foreground)) === 'cancelled',
    );
    assert.equal(await status(world, jobId), 'running');

    world.codexModel.release();
    assert.equal((await world.ask('wait', jobId)).jobs[0].status, 'completed');
    await until('broker and app-server are gone', () => brokers(world).length === 0, 5_000);
    assert.deepEqual(brokerFiles(world), { brokers: [], leases: [], sockets: [] });

    await using next = ending === '/clear' ? first : await world.startSession();
    await next.say('/codex:status');
    await until('/codex:status names the job', () => world.claudeModel.newText().includes(jobId));
    await next.say(`/codex:result ${jobId}`);
    await until('/codex:result has the answer', () => world.claudeModel.newText().includes('THE-ANSWER'));
    assert.equal(await next.exit(), 0);
  });
}

async function endedBy(session: ClaudeSession, signal: NodeJS.Signals): Promise<number> {
  session.signal(signal);
  return session.exited();
}

/** A foreground job whose waiting command the agent has put aside. */
async function startForeground(world: RealWorld, session: ClaudeSession): Promise<string> {
  await world.bash(session, "(codex-companion run -- perl -e 'sleep 300' >/dev/null 2>&1 &)");
  return until('the foreground job runs', async () => {
    const { running } = await world.ask('status');
    return running.find(
      (job: { background: boolean; status: string }) => !job.background && job.status === 'running',
    )?.id;
  });
}

async function status(world: RealWorld, jobId: string): Promise<string> {
  return (await world.ask('status', jobId)).job.status;
}

async function sessionsOf(world: RealWorld, ...jobIds: string[]): Promise<string[]> {
  return Promise.all(jobIds.map(async (id) => (await world.ask('status', id)).job.sessionId));
}

function brokers(world: RealWorld) {
  return survivors(world.account.root).filter(({ command }) => /broker\.mjs|app-server/.test(command));
}

function brokerFiles(world: RealWorld) {
  const { brokers, leases } = readState(world);
  return { brokers, leases, sockets: readdirSync(join(root(world), 'run')) };
}

function sessions(world: RealWorld): { id: string; endedAt: string | null }[] {
  return readState(world).sessions;
}

function readState(world: RealWorld) {
  const folder = join(root(world), 'workspaces');
  const [workspace = ''] = readdirSync(folder);
  return JSON.parse(readFileSync(join(folder, workspace, 'state.json'), 'utf8'));
}

function root(world: RealWorld): string {
  return join(world.account.home, '.local/state/codex-companion');
}

/** Several sweeps, and starts of sessions, at once: what one of them has removed already is removed. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientsOf } from '../../scripts/state/session/clients.ts';
import { FakeClient } from '../support/hosts/fake-client.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** `npm run chaos` takes more. */
const ROUNDS = Number(process.env.STORY_ROUNDS ?? 2);
const SESSIONS = 60;
const SWEEPS = 4;

/** Sessions that are over and owed nothing, with all that may lie in their directories. */
function overSessions(world: World, round: number): void {
  const { root, directory } = world.context().layout;
  const day = new Date(Date.now() - 86_400_000).toISOString();
  for (let number = 0; number < SESSIONS; number++) {
    const sessionId = `over-${round}-${number}`;
    const session = join(root, 'sessions', `claude-code-${sessionId}`);
    for (const folder of ['', 'jobs', 'owed', 'former', 'tickets'])
      mkdirSync(join(session, folder), { recursive: true, mode: 0o700 });
    const note = { host: 'claude-code', sessionId, client: null, workspaceDirectory: directory };
    const start = { ...note, startedAt: day, transcriptPath: null };
    writeFileSync(join(session, 'session.json'), JSON.stringify(start));
    for (const file of ['ended', 'watched.part', 'former/claude-code-x', 'tickets/toolu_1.json'])
      writeFileSync(join(session, file), '{"of":""}');
  }
}

/** What killed writers, and removers, have left in the workspace. */
function leavings(world: World): void {
  const { jobs, directory } = world.context().layout;
  for (let number = 0; number < SESSIONS; number++) {
    mkdirSync(join(jobs, `old.run-${number}`, 'deep'), { recursive: true, mode: 0o700 });
    writeFileSync(join(jobs, `old.run-${number}`, 'deep', 'output.log'), 'x');
    writeFileSync(join(directory, `state.json.${number}`), '{');
  }
}

/** What the start of a session answers, and what it complains of. On a loaded machine a hook gives up silently: it is called again. */
function started(world: World, client: FakeClient): Promise<string> {
  const start = { session_id: client.sessionId, source: 'startup', cwd: world.workspace };
  const input = world.write(`input-${client.sessionId}`, JSON.stringify(start));
  const hook = join(client.plugin, 'hooks/session-hook.sh');
  const call = `sh '${hook}' claude-code SessionStart <'${input}' 2>&1`;
  return until('the start is answered', () => client.shell(call), 120_000);
}

test('sweeps at once are all in order, and sessions that start meanwhile have their bells', async () => {
  await using world = await aWorkspace();
  await using ever = new FakeClient(world);
  await ever.hook('SessionStart', { source: 'startup' });
  for (let round = 0; round < ROUNDS; round++) {
    overSessions(world, round);
    leavings(world);
    await using fresh = new FakeClient(world);
    // One that the sweeps are about to remove comes back.
    await using back = new FakeClient(world, 'claude-code', `over-${round}-${SESSIONS - 1}`);
    const starts = [fresh, back].map((client) => started(world, client));
    const sweeps = Array.from({ length: SWEEPS }, () => world.cli('sweep'));
    for (const { code, stderr } of await Promise.all(sweeps))
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    for (const answer of await Promise.all(starts)) {
      const { watchPaths } = JSON.parse(answer).hookSpecificOutput;
      assert.ok(existsSync(watchPaths[0]), answer);
    }
    for (const { sessionId } of [fresh, back]) {
      const clients = clientsOf(join(world.stateRoot, 'sessions', `claude-code-${sessionId}`));
      const own = clients.find(({ client }) => client !== null);
      assert.ok(
        clients.every((one) => one === own || one.ended),
        JSON.stringify(clients),
      );
      assert.deepEqual([own?.ended, own?.life, typeof own?.bell], [false, 'alive', 'string'], sessionId);
    }
  }
  await world.cli('sweep');
  const sessions = readdirSync(join(world.stateRoot, 'sessions'));
  assert.deepEqual(sessions, [`claude-code-${ever.sessionId}`]);
  const { jobs, directory } = world.context().layout;
  assert.deepEqual(readdirSync(jobs), []);
  assert.deepEqual(
    readdirSync(directory).filter((name) => /^state\.json\.\d/.test(name)),
    [],
  );
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace, type World } from '../../support/world.ts';

/** A program named as the agent that runs its arguments as a child; the kernel names a script's process after the script. */
function agent(world: World, name: 'claude' | 'codex'): string {
  const folder = join(world.folder, `agent-${name}`);
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  writeFileSync(program, '#!/bin/sh\n"$@" &\nwait $!\n', { mode: 0o755 });
  return program;
}

/** The origin of a job that is enqueued below these agents, outermost first. */
async function originBelow(world: World, agents: ('claude' | 'codex')[], env: Record<string, string>) {
  const above = agents.map((name) => agent(world, name));
  const companion = [process.execPath, join(world.bundles, 'companion.cjs')];
  const program = [...above, ...companion];
  const { json, stderr } = await world.cliWith(
    { program, env },
    'run',
    '--background',
    '--json',
    '--',
    'true',
  );
  assert.ok(json.jobId, stderr);
  await world.cli('wait', json.jobId);
  return world.reading(json.jobId).facts.request.origin;
}

const claudeEnv = { CLAUDE_CODE_SESSION_ID: 'claude-session' };
const codexEnv = { CODEX_THREAD_ID: 'codex-thread', CODEX_SESSION_ID: 'codex-thread' };

test('below one agent its session is the origin, its process the client', async () => {
  await using world = await aWorkspace();
  const claude = await originBelow(world, ['claude'], claudeEnv);
  assert.deepEqual([claude?.host, claude?.sessionId], ['claude-code', 'claude-session']);
  assert.ok(claude?.client && claude.client.pid > 1);
  const codex = await originBelow(world, ['codex'], codexEnv);
  assert.deepEqual([codex?.host, codex?.sessionId], ['codex', 'codex-thread']);
  assert.ok(codex?.client);
});

test('where both agents’ variables are present, the innermost living one decides', async () => {
  await using world = await aWorkspace();
  const both = { ...claudeEnv, ...codexEnv };
  assert.equal((await originBelow(world, ['claude', 'codex'], both))?.host, 'codex');
  assert.equal((await originBelow(world, ['codex', 'claude'], both))?.host, 'claude-code');
});

test('the agents’ variables are believed before our own export', async () => {
  await using world = await aWorkspace();
  const own = { CODEX_COMPANION_SESSION_ID: 'exported' };
  assert.equal((await originBelow(world, [], { ...own, ...claudeEnv }))?.sessionId, 'claude-session');
  const alone = await originBelow(world, [], own);
  assert.deepEqual([alone?.host, alone?.sessionId], ['claude-code', 'exported']);
});

test('a plain terminal has no origin, and a client that is no client is not believed', async () => {
  await using world = await aWorkspace();
  assert.equal(await originBelow(world, [], {}), null);
  const sleeper = await world.run('sleep', '30');
  const { command } = (await world.untilStage(sleeper, 'running')).facts;
  const told = { ...claudeEnv, CLAUDE_PID: String(command?.pid) };
  const origin = await originBelow(world, [], told);
  assert.deepEqual([origin?.sessionId, origin?.client], ['claude-session', null]);
  await world.cli('cancel', sleeper);
});

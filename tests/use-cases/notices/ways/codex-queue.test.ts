/** What Codex's own queue is given, on real processes and a stand-in for `codex queue`; the real one: tests/real/codex-notices. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClient } from '../../../support/hosts/fake-client.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

test('jobs that end together are one message to their session, by the Codex home that it was started with', async () => {
  await using world = await aWorkspace();
  const queue = fakeQueue(world);
  await using client = await aSession(world);
  const gate = world.write('gate', '');
  const ids: string[] = [];
  while (ids.length < 3) ids.push(await client.background(waitingFor(gate)));
  rmSync(gate);
  const [message] = await until('a message is queued', () => queue.messages().length > 0 && queue.messages());
  assert.deepEqual([message?.home, message?.thread], [world.env.CODEX_HOME, client.sessionId]);
  await until('all are told', async () => {
    const views = await Promise.all(ids.map((id) => noticeOf(world, id)));
    return views.every((view) => view.tellings === 1);
  });
  const told = queue
    .messages()
    .map(({ text }) => text)
    .join('\n');
  for (const id of ids) assert.equal(told.split(`${id}: `).length, 2, told);
  assert.doesNotMatch(told, /repeat/);
  await world.cli('sweep');
  assert.equal(await client.hook('UserPromptSubmit', { prompt: 'more' }), '', 'it waits in the queue');
  await client.hook('UserPromptSubmit', { prompt: told });
  await until('it is delivered', async () => (await noticeOf(world, ids[0] ?? '')).state === 'delivered');
});

test('a queue that refuses: the next hook tells it, as for the first time', async () => {
  await using world = await aWorkspace();
  const queue = fakeQueue(world);
  queue.refuse();
  await using client = await aSession(world);
  const id = await client.background('false');
  await until('it was tried', () => queue.messages().length > 0);
  await until('nobody is at it any more', () =>
    world.processes().every(({ command }) => !/worker\.mjs/.test(command)),
  );
  const answer = JSON.parse(await client.hook('Stop', { stop_hook_active: false }));
  assert.equal(answer.decision, 'block');
  assert.ok(answer.reason.includes(`${id} (`) && !answer.reason.includes('repeat'), answer.reason);
  assert.equal(await client.hook('Stop', { stop_hook_active: true }), '');
});

test('no message for a session that is over, and none for one that no hook has registered', async () => {
  await using world = await aWorkspace();
  const queue = fakeQueue(world);
  await using over = await aSession(world);
  await using unknown = new FakeClient(world, 'codex');
  const gate = world.write('gate', '');
  const ids = [await over.background(waitingFor(gate)), await unknown.background(waitingFor(gate))];
  await over.hook('SessionEnd', { reason: 'other' });
  rmSync(gate);
  for (const id of ids) await world.untilStage(id, 'finished');
  await until('nobody is at it any more', () =>
    world.processes().every(({ command }) => !/worker\.mjs/.test(command)),
  );
  await world.cli('sweep');
  assert.deepEqual(queue.messages(), []);
  await using next = await aSession(world);
  const told = next.greeting;
  assert.ok(told.includes(`${ids[0]} (`), told);
});

interface Greeted extends AsyncDisposable {
  greeting: string;
}

async function aSession(world: World): Promise<FakeClient & Greeted> {
  const client = new FakeClient(world, 'codex');
  const greeting = await client.hook('SessionStart', { source: 'startup', cwd: world.workspace });
  return Object.assign(client, { greeting });
}

function waitingFor(gate: string): string {
  return `sh -c 'while [ -e ${gate} ]; do sleep 0.05; done; exit 3'`;
}

async function noticeOf(world: World, id: string) {
  return (await world.cli('status', id, '--json')).json.job.notice;
}

/** Puts a `codex` on PATH that keeps what `codex queue` is given. */
function fakeQueue(world: World) {
  const folder = join(world.folder, 'queue');
  mkdirSync(folder);
  const kept = join(folder, 'kept');
  const refusal = join(folder, 'refusal');
  const script = `#!/bin/sh
printf '%s\\036' "$CODEX_HOME" "$@" >>${kept}
printf '\\035' >>${kept}
[ ! -e ${refusal} ] || { echo 'Error: no rollout found' >&2; exit 1; }
`;
  writeFileSync(join(folder, 'codex'), script, { mode: 0o755 });
  world.env.PATH = `${folder}:${world.env.PATH}`;
  return {
    refuse: () => writeFileSync(refusal, ''),
    messages: () =>
      (existsSync(kept) ? readFileSync(kept, 'utf8') : '')
        .split('\x1d')
        .filter(Boolean)
        .map((entry) => {
          const [home, verb, , thread, , text = ''] = entry.split('\x1e');
          assert.equal(verb, 'queue');
          return { home, thread, text };
        }),
  };
}

/**
 * The plugin is updated while commands run: what the release before has started goes on, ends truly, and is read, stopped
 * and told by this build. Codex jobs: codex.test.ts.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { logOf } from '../../support/codex/codex-jobs.ts';
import { FakeClient } from '../../support/hosts/fake-client.ts';
import { pluginOf } from '../../support/hosts/hooks.ts';
import { NoticeHost } from '../../support/hosts/notice-host.ts';
import { type Release, release } from '../../support/releases/release.ts';
import { AT_THE_GATE, by, openGate, run, runWith, sessionRun, shown } from '../../support/releases/verbs.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const before = release('1.1.0');

if ('missing' in before) test('upgrades', { skip: before.missing }, () => undefined);
else describe(`commands that ${before.version} has started`, () => stories(before));

function stories(old: Release): void {
  test('a command goes on, is read meanwhile, and ends as it did', async () => {
    await using world = await aWorkspace();
    const id = await run(world, old, ...AT_THE_GATE);
    await until('it has said its word', () => logOf(world, id) === 'first\n');
    const { running } = (await world.cli('status', '--json')).json;
    assert.deepEqual(running.map(shown), [[id, 'running', 'running', true]]);
    openGate(world);
    assert.equal((await world.cli('wait', id)).code, 3);
    assert.deepEqual(endOf(world, id), { ending: 'failed', reason: 'exited 3', exitCode: 3 });
    assert.match((await world.cli('result', id)).stdout, /first\nlast/);
  });

  test('a command that nobody looks at is entered by its own last step, in an index that this build has written', async () => {
    await using world = await aWorkspace();
    const { layout } = world.context();
    const id = await run(world, old, ...AT_THE_GATE);
    await writtenByThisBuild(world);
    openGate(world);
    const indexed = () => readState(layout).jobs.find((job) => job.id === id)?.finished;
    assert.equal((await until('its last step has entered its end', indexed)).exitCode, 3);
    const [line = ''] = readFileSync(layout.historyFile, 'utf8').split('\n');
    assert.deepEqual(JSON.parse(line).id, id);
  });

  test('limits and leftovers are seen to by the wrapper that it has', async () => {
    await using world = await aWorkspace();
    const endings = {
      '--deadline 1s -- sleep 300': { ending: 'timed-out', limit: 'deadline' },
      '--stall 1s -- sleep 300': { ending: 'timed-out', limit: 'stall' },
      '--output-limit 1k -- yes': { ending: 'failed', limit: 'output' },
    };
    for (const [args, expected] of Object.entries(endings)) {
      const id = await runWith(world, old, ...args.split(' '));
      await world.cli('wait', id);
      const { ending, limit } = outcomeIn(world, id) as unknown as Record<string, unknown>;
      assert.deepEqual({ ending, limit }, expected, args);
    }
    const leaves = ['sh', '-c', 'setsid sleep 300 & echo done'];
    const stopped = await runWith(world, old, '--leftovers', 'stop', '--', ...leaves);
    await world.cli('wait', stopped);
    assert.deepEqual(outcomeIn(world, stopped)?.leftovers, { count: 1, fate: 'stopped' });
  });

  test('cancel stops it with its processes and its chance to tidy up', async () => {
    await using world = await aWorkspace();
    const tidies =
      'trap "echo tidy; exit 3" TERM; setsid sleep 300 & echo ready; while :; do sleep 0.05; done';
    const id = await run(world, old, 'sh', '-c', tidies);
    await until('it is ready', () => logOf(world, id).includes('ready'));
    const { code, json } = await world.cli('cancel', id, '--json');
    assert.deepEqual([code, json.status, json.left], [0, 'cancelled', []]);
    assert.match(logOf(world, id), /tidy/);
  });

  test('a paused one is resumed, and goes on', async () => {
    await using world = await aWorkspace();
    const id = await run(world, old, ...AT_THE_GATE);
    await until('it has said its word', () => logOf(world, id) === 'first\n');
    assert.equal((await by(world, old, 'pause', id)).code, 0);
    openGate(world);
    const { job } = (await world.cli('status', id, '--json')).json;
    assert.deepEqual([job.status, job.phase], ['running', 'paused']);
    assert.deepEqual((await world.cli('resume', id, '--json')).json.left, []);
    assert.equal((await world.cli('wait', id)).code, 3);
  });

  test('a wrapper that was killed: the sweep finds its end', async () => {
    await using world = await aWorkspace();
    const id = await run(world, old, 'sleep', '300');
    await until('its command is on record', () => world.reading(id).facts.command);
    const { spawned, command } = world.reading(id).facts;
    for (const one of [spawned, command]) process.kill(one?.pid ?? 0, 'SIGKILL');
    await until('the sweep finds it lost', async () => {
      await world.cli('sweep');
      return readState(world.context().layout).jobs[0]?.finished?.ending === 'lost';
    });
  });

  test('whoever waits for a foreground command gets its output and its status', async () => {
    await using world = await aWorkspace();
    const waiting = world.startWith({ program: old.program }, 'run', '--', ...AT_THE_GATE);
    await until('it has said its word', () => waiting.stdout === 'first\n');
    const { running } = (await world.cli('status', '--json')).json;
    assert.deepEqual(running.map(shown), [[running[0].id, 'running', 'running', false]]);
    openGate(world);
    const { code, stdout } = await waiting.ended;
    assert.deepEqual([code, stdout], [3, 'first\nlast\n']);
  });

  test('the end of a session ends its foreground command; its background one is told to the next session', async () => {
    await using world = await aWorkspace();
    await using client = new FakeClient(world);
    client.plugin = old.plugin;
    await client.hook('SessionStart', { source: 'startup' });
    const foreground = await client.foreground('sleep 300');
    const background = await client.background(
      `sh -c 'until [ -e ${world.workspace}/gate ]; do sleep 0.05; done'`,
    );
    client.plugin = pluginOf(world);
    await client.hook('SessionEnd', { reason: 'prompt_input_exit' });
    // What the hook had no time for, on a loaded machine, the next sweep does.
    await world.cli('sweep');
    const { facts } = await world.untilStage(foreground, 'finished');
    assert.equal(facts.outcome?.ending, 'cancelled');
    assert.match(facts.outcome?.reason ?? '', /end of its session/);
    openGate(world);
    await world.untilStage(background, 'finished');
    await using next = new NoticeHost(world, 'next');
    await next.start();
    assert.deepEqual(told(next, background), 1);
    await next.call('UserPromptSubmit', { prompt: 'And now?' });
    assert.deepEqual(told(next, background), 1);
  });

  for (const hooks of ['that it has loaded', 'of this build']) {
    test(`an open session hears once, by the hooks ${hooks}, of what it is owed and of what ends later`, async () => {
      await using world = await aWorkspace();
      const [owed, later] = await withAnOpenSession(world, old);
      await using host = new NoticeHost(world, 'mine');
      host.plugin = old.plugin;
      await host.start('resume');
      if (hooks === 'of this build') host.plugin = pluginOf(world);
      await host.call('UserPromptSubmit', { prompt: 'What has become of it?' });
      await writtenByThisBuild(world);
      openGate(world);
      await until('the session is woken', () => told(host, later) > 0);
      await until('the receipt is seen', async () => {
        await world.cli('sweep');
        return (await world.cli('status', later, '--json')).json.job.notice.state === 'delivered';
      });
      await host.call('UserPromptSubmit', { prompt: 'And now?' });
      assert.deepEqual([told(host, owed), told(host, later)], [1, 1]);
    });
  }

  test('jobs go on from the copy that they run from when the plugin that started them is gone', async () => {
    await using world = await aWorkspace();
    const id = await run(world, old, ...AT_THE_GATE);
    const { runtime } = world.reading(id).facts.request;
    await world.cli('sweep');
    assert.ok(existsSync(join(runtime, 'worker.mjs')), 'a sweep by this build leaves it');
    openGate(world);
    assert.equal((await world.cli('wait', id)).code, 3);
  });
}

/** The index is taken over as it is, and not for a damaged one. */
async function writtenByThisBuild(world: World): Promise<void> {
  const { code, stderr } = await world.cli('setup', '--max-parallel', '4');
  assert.equal(code, 0, stderr);
  const names = readdirSync(world.context().layout.directory);
  assert.deepEqual(
    names.filter((name) => name.includes('damaged')),
    [],
  );
}

/** A session that no doorbell reaches: one job of it has ended, one waits at the gate. */
async function withAnOpenSession(world: World, old: Release): Promise<[string, string]> {
  const owed = await sessionRun(world, old, 'echo', 'built');
  const note = join(world.stateRoot, 'sessions/claude-code-mine/owed', owed);
  await until('its end is owed', () => existsSync(note));
  await until('its last step has entered its end', () => readState(world.context().layout).jobs[0]?.finished);
  return [owed, await sessionRun(world, old, ...AT_THE_GATE)];
}

/** How often a session was told of a job. */
function told(host: NoticeHost, id: string): number {
  return host.heard.flatMap((text) => text.split('\n')).filter((line) => line.startsWith(`${id} (`)).length;
}

function endOf(world: World, id: string) {
  const { ending, reason, exitCode } = outcomeIn(world, id) ?? {};
  return { ending, reason, exitCode };
}

/** As its directory tells it, which is right before the index is. */
function outcomeIn(world: World, id: string) {
  return world.reading(id).facts.outcome;
}

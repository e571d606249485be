/** Litter below the state, however much of it: told in a few lines, tidied, and no prompt waits for it. */
import assert from 'node:assert/strict';
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onWarning, warn } from '../../../scripts/state/files/warnings.ts';
import { removeLitter } from '../../../scripts/state/litter.ts';
import { callHook } from '../../support/hosts/hooks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const LONG_AGO = new Date(Date.now() - 20 * 86_400_000);

const directoryOf = (world: World, session: string) =>
  join(world.stateRoot, 'sessions', `claude-code-${session}`);

async function started(world: World): Promise<void> {
  await until('the session is noted', async () => {
    await callHook(world, { event: 'SessionStart', session: 'mine' });
    return existsSync(directoryOf(world, 'mine'));
  });
}

test('of many warnings some are heard, and that there are more', () => {
  const heard: string[] = [];
  onWarning((message) => heard.push(message), 2);
  for (const message of ['a', 'b', 'c', 'd']) warn(message);
  onWarning(() => {});
  assert.deepEqual(heard.slice(0, 2), ['a', 'b']);
  assert.equal(heard.length, 3);
  assert.match(heard[2] ?? '', /and more of the kind/);
});

test('hundreds of damaged notes of sessions and of their clients are told in a few lines', async () => {
  await using world = await aWorkspace();
  await started(world);
  for (let n = 1; n <= 100; n++) {
    const other = directoryOf(world, `other-${n}`);
    mkdirSync(other);
    writeFileSync(join(other, 'session.json'), '{ damaged');
    utimesSync(other, LONG_AGO, LONG_AGO);
    // No process has that number.
    writeFileSync(join(directoryOf(world, 'mine'), `client.${4_194_304 + n}.1`), '{ damaged');
  }
  for (const event of ['SessionStart', 'UserPromptSubmit', 'SessionEnd'] as const) {
    const { stderr } = await callHook(world, { event, session: 'mine' });
    assert.ok(stderr.length < 10_000, `${event}: ${stderr.length} characters`);
  }
  const { stderr } = await world.cli('sweep');
  assert.ok(stderr.length < 10_000, `sweep: ${stderr.length} characters`);
  const left = () => readdirSync(join(world.stateRoot, 'sessions')).length;
  assert.ok(left() < 10, `${left()} sessions are left`);
  const clients = () => readdirSync(directoryOf(world, 'mine')).filter((name) => name.startsWith('client.'));
  // On a loaded machine a hook gives up silently.
  await until('the damaged notes of clients are removed', async () => {
    await callHook(world, { event: 'SessionStart', session: 'mine' });
    return clients().length < 3;
  });
});

test('2,000 notes of jobs that are gone hold no prompt up, and are removed', async () => {
  await using world = await aWorkspace();
  await started(world);
  const jobs = join(directoryOf(world, 'mine'), 'jobs');
  mkdirSync(jobs, { recursive: true });
  for (let n = 0; n < 2_000; n++)
    writeFileSync(
      join(jobs, `run-aaaaaaaa-${n.toString(36).padStart(6, '0')}`),
      join(world.stateRoot, 'workspaces/gone'),
      { mode: 0o600 },
    );
  // On a loaded machine a hook gives up silently.
  await until('they are removed', async () => {
    const { stdout, stderr } = await callHook(world, { event: 'UserPromptSubmit', session: 'mine' });
    assert.deepEqual([stdout, stderr], ['', '']);
    return !existsSync(jobs) || readdirSync(jobs).length === 0;
  });
  await until('the sweeps have ended', () => world.processes().length === 0);
});

test('thousands of files in our folders hold no start up, and are removed by a sweep, which says so once', async () => {
  await using world = await aWorkspace();
  await started(world);
  const precious = world.write('precious', 'mine');
  const young = join(world.stateRoot, 'sessions', 'claude-code-young');
  const litter = (folder: string) => {
    const place = join(world.stateRoot, folder);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    for (let n = 0; n < 2_000; n++) {
      const file = join(place, `0123456789abcdef.claude-code-${n}`);
      writeFileSync(file, '');
      utimesSync(file, LONG_AGO, LONG_AGO);
    }
    symlinkSync(precious, join(place, 'claude-code-link'));
    lutimesSync(join(place, 'claude-code-link'), LONG_AGO, LONG_AGO);
    return () => readdirSync(place).length;
  };
  const counts = ['run', 'bells', 'sessions', 'noted', 'busy'].map(litter);
  writeFileSync(young, '');
  const { stderr, code } = await callHook(world, { event: 'SessionStart', session: 'mine' });
  assert.deepEqual([stderr, code], ['', 0]);
  await until('the sweep has ended', () => world.processes().length === 0);
  const swept = await world.cli('sweep');
  assert.equal(swept.code, 0, swept.stderr);
  assert.ok(swept.stderr.length < 2_000, swept.stderr);
  assert.deepEqual(
    counts.map((count) => count() < 5),
    [true, true, true, true, true],
  );
  assert.ok(existsSync(young), 'what is young may be somebody at work');
  assert.equal(readFileSync(precious, 'utf8'), 'mine');
});

test('where a folder of ours is a link, nothing behind it is removed', async () => {
  await using world = await aWorkspace();
  const file = world.write('elsewhere/file', 'mine');
  utimesSync(file, LONG_AGO, LONG_AGO);
  mkdirSync(world.stateRoot, { mode: 0o700 });
  symlinkSync(join(world.workspace, 'elsewhere'), join(world.stateRoot, 'run'));
  removeLitter(world.stateRoot);
  assert.ok(existsSync(file));
});

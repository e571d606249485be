/** Litter below the state, however much of it: told in a few lines, tidied, and no prompt waits for it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onWarning, warn } from '../../../scripts/state/files/warnings.ts';
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

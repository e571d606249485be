/** The start of a session asks the disk as often after hundreds of sessions as after some. */
import assert from 'node:assert/strict';
import fs, { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { now } from '../../../scripts/process/clock.ts';
import { ownIdentity } from '../../../scripts/process/identity.ts';
import { sessionDirectory, type WorkspaceLayout, workspaceLayout } from '../../../scripts/state/layout.ts';
import { markEnded } from '../../../scripts/state/session/clients.ts';
import { formerSessions, heirsOf } from '../../../scripts/state/session/heirs.ts';
import { enterNoted } from '../../../scripts/state/session/noted.ts';
import { noteOwnedJob, oweNotice } from '../../../scripts/state/session/owned-jobs.ts';
import { openSession } from '../../../scripts/state/session/session-record.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const CALLS = ['openSync', 'readdirSync', 'opendirSync', 'statSync', 'lstatSync', 'existsSync'] as const;

/** How often `act` asks the file system. */
function asked(act: () => void): number {
  let count = 0;
  const originals = CALLS.map((name) => [name, fs[name]] as const);
  for (const [name, original] of originals)
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        count++;
        return (original as (...all: unknown[]) => unknown)(...args);
      },
    });
  syncBuiltinESMExports();
  try {
    act();
  } finally {
    Object.assign(fs, Object.fromEntries(originals));
    syncBuiltinESMExports();
  }
  return count;
}

const directoryOf = (world: World, sessionId: string) =>
  sessionDirectory(world.stateRoot, 'claude-code', sessionId);

function open(world: World, sessionId: string, layout: WorkspaceLayout, client = false): void {
  const note = {
    ...{ client: client ? ownIdentity() : null, workspaceDirectory: layout.directory, startedAt: now() },
    ...{ transcriptPath: null, codexHome: null, program: null },
  };
  openSession(world.stateRoot, { host: 'claude-code', sessionId }, note, false);
}

/** A session that is over and owed a notice in a workspace. */
function past(world: World, sessionId: string, layout: WorkspaceLayout): void {
  const name = { host: 'claude-code', sessionId } as const;
  const job = `run-${Date.now().toString(36)}-${sessionId.replace('-', '0')}aaaa`;
  open(world, sessionId, layout);
  noteOwnedJob(world.stateRoot, name, job, layout);
  oweNotice(world.stateRoot, name, job);
  markEnded(directoryOf(world, sessionId), null);
}

function elsewhere(world: World): WorkspaceLayout {
  const root = join(world.folder, 'elsewhere');
  mkdirSync(root, { recursive: true });
  return workspaceLayout(world.stateRoot, root);
}

/** So many that are owed a notice elsewhere: copies of one, as each start takes its time to write. */
function manyPast(world: World, count: number): void {
  past(world, 'past-0', elsewhere(world));
  for (let number = 1; number < count; number++) {
    cpSync(directoryOf(world, 'past-0'), directoryOf(world, `past-${number}`), { recursive: true });
    enterNoted(directoryOf(world, `past-${number}`), elsewhere(world));
  }
}

/** How often a start asks the disk after so many sessions in another workspace, and some in its own. */
async function costAfter(sessions: number): Promise<number> {
  await using world = await aWorkspace();
  const { layout } = world.context();
  for (let number = 0; number < 5; number++) past(world, `own-${number}`, layout);
  manyPast(world, sessions);
  return asked(() => open(world, 'next', layout));
}

test('after 240 sessions that are owed notices elsewhere a start asks the disk as often as after 40', async () => {
  const [few, many] = [await costAfter(40), await costAfter(240)];
  // Which of the others it comes across differs, and what those have.
  assert.ok(many <= few * 1.2, `${few} times, then ${many} times`);
});

test('however many there are, a start takes what its client’s former conversation is owed, and what its workspace’s sessions are', async () => {
  await using world = await aWorkspace();
  const { layout } = world.context();
  manyPast(world, 80);
  past(world, 'own', layout);
  open(world, 'former', elsewhere(world), true);
  noteOwnedJob(
    world.stateRoot,
    { host: 'claude-code', sessionId: 'former' },
    'run-aaaaaaaa-bbbbbbbb',
    elsewhere(world),
  );
  open(world, 'next', layout, true);
  const next = directoryOf(world, 'next');
  const formers = formerSessions(next).map(({ directory }) => directory);
  assert.deepEqual(formers.sort(), [directoryOf(world, 'former'), directoryOf(world, 'own')]);
  assert.deepEqual(heirsOf(directoryOf(world, 'own')), [directoryOf(world, 'own'), next]);
});

test('what a release without these lists has left is found by the first start', async () => {
  await using world = await aWorkspace();
  const { layout } = world.context();
  manyPast(world, 30);
  past(world, 'own', layout);
  for (const list of ['noted', 'clients']) rmSync(join(world.stateRoot, list), { recursive: true });
  open(world, 'next', layout);
  assert.deepEqual(
    formerSessions(directoryOf(world, 'next')).map(({ directory }) => directory),
    [directoryOf(world, 'own')],
  );
  assert.equal(readdirSync(join(world.stateRoot, 'noted')).length, 31);
  assert.ok(existsSync(join(world.stateRoot, 'clients')));
});

/** Files of a newer version, in which there is a host, a kind and a limit more than here: refused by name, told, and left as they are. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexEntry, withJob, withSession } from '../../scripts/domain/workspace/workspace-state.ts';
import { ownIdentity } from '../../scripts/process/identity.ts';
import { onWarning } from '../../scripts/state/files/warnings.ts';
import { readRequest } from '../../scripts/state/job/job-directory.ts';
import { readTellingRecords } from '../../scripts/state/job/notice-files.ts';
import { jobDirectory, sessionDirectory } from '../../scripts/state/layout.ts';
import { readNote } from '../../scripts/state/session/clients.ts';
import { sessionDirectories } from '../../scripts/state/session/directories.ts';
import { openSession } from '../../scripts/state/session/session-record.ts';
import { readState, update } from '../../scripts/state/workspace/store.ts';
import { callHook, sessionJob } from '../support/hosts/hooks.ts';
import { aJobOnDisk, aLayout, aRequest } from '../support/requests.ts';
import { scratch } from '../support/scratch.ts';
import { aWorkspace } from '../support/world.ts';

const NAMED = /"gemini", a host that this version does not know \(it knows claude-code, codex\)/;
const at = '2026-01-01T00:00:00.000Z';
const origin = { host: 'gemini', sessionId: 'g-1', client: null, later: 'kept' };

/** What is said aloud while a test looks at files. */
function listen(): string[] {
  const said: string[] = [];
  onWarning((message) => said.push(message));
  return said;
}

function endedByLimit(limit: string) {
  const how = { reason: 'Too much.', exitCode: 143, signal: null, stillRunning: 0 };
  return { ending: 'timed-out', limit, startedAt: at, finishedAt: at, ...how };
}

test('in the index: the other records are read and written, those are named aloud and kept to the letter', async () => {
  using folder = scratch('host');
  const layout = aLayout(folder.path);
  const [ours, theirs] = [aJobOnDisk(layout), aRequest(layout)];
  const session = { host: 'claude-code', id: 'c-1', client: null, startedAt: at, endedAt: null } as const;
  await update(layout, (state) => withSession(withJob(state, indexEntry(ours)), session));
  const stored = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  const newer = {
    session: { ...session, host: 'gemini', id: 'g-1', later: [1] },
    jobs: [
      { ...indexEntry(theirs), origin },
      { ...indexEntry(theirs), id: 'dream-abcdefgh-ijklmnop', kind: 'dream' },
      { ...indexEntry(aRequest(layout)), finished: endedByLimit('cpu') },
    ],
  };
  stored.sessions.unshift(newer.session);
  stored.jobs.unshift(...newer.jobs);
  writeFileSync(layout.stateFile, JSON.stringify(stored));
  const said = listen();
  for (const state of [readState(layout), readState(layout)]) {
    assert.deepEqual(
      [state.jobs.map(({ id }) => id), state.sessions.map(({ id }) => id)],
      [[ours.id], ['c-1']],
    );
  }
  assert.equal(said.length, 1, 'once');
  assert.match(said[0] ?? '', /holds 4 record\(s\) of a newer version.*sessions\[0\]\.host is "gemini"/);
  await update(layout, (state) => ({ ...state, sessions: [] }));
  const after = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  assert.deepEqual(after.sessions, [newer.session]);
  assert.deepEqual(after.jobs.slice(1), newer.jobs);
  assert.deepEqual(Object.keys(after).sort(), Object.keys(stored).sort());
  assert.deepEqual(
    readdirSync(layout.directory).filter((name) => name.includes('damaged')),
    [],
  );
});

test('in a request: that job is refused', () => {
  using folder = scratch('host');
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout, { origin: origin as never });
  assert.throws(() => readRequest(jobDirectory(layout, id)), { code: 'state-newer', message: NAMED });
});

test('in the note of a session, and in a telling: passed over', () => {
  using folder = scratch('host');
  const said = listen();
  const note = { host: 'gemini', sessionId: 'g', client: null, workspaceDirectory: '/w', startedAt: at };
  writeFileSync(join(folder.path, 'session.json'), JSON.stringify(note));
  assert.equal(readNote(folder.path), null);
  const session = { host: 'gemini', sessionId: 'g' };
  const telling = { notice: 'n-1', at, way: 'prompt', session, teller: ownIdentity(), transcript: null };
  writeFileSync(join(folder.path, 'told.1'), JSON.stringify(telling));
  assert.deepEqual(readTellingRecords(folder.path), []);
  assert.equal(said.length, 2);
  for (const message of said) assert.match(message, NAMED);
});

test('the directory of a session of that host is nobody’s here, whoever starts or sweeps', () => {
  using folder = scratch('host');
  const root = folder.path;
  const theirs = join(root, 'sessions', 'gemini-g-1');
  mkdirSync(theirs, { recursive: true });
  for (const name of ['session.json', 'ended', 'later']) writeFileSync(join(theirs, name), '{}');
  const name = { host: 'claude-code', sessionId: 'c-1' } as const;
  const note = { client: null, workspaceDirectory: '/w', startedAt: at, transcriptPath: null };
  openSession(root, name, { ...note, codexHome: null, program: null }, true);
  assert.deepEqual(sessionDirectories(root), [sessionDirectory(root, 'claude-code', 'c-1')]);
  assert.deepEqual(readdirSync(theirs).sort(), ['ended', 'later', 'session.json']);
});

test('a hook that is called for it does nothing, says so, and is in nobody’s way', async () => {
  await using world = await aWorkspace();
  for (const event of ['SessionStart', 'UserPromptSubmit', 'SessionEnd'] as const) {
    const owed = join(world.stateRoot, 'sessions', 'gemini-g-1', 'owed');
    mkdirSync(owed, { recursive: true });
    writeFileSync(join(owed, 'run-abcdefgh-ijklmnop'), '/nowhere');
    const { code, stdout, stderr } = await callHook(world, { host: 'gemini' as never, event });
    assert.deepEqual([code, stdout], [0, ''], event);
    assert.match(stderr, NAMED, event);
    assert.deepEqual(readdirSync(join(world.stateRoot, 'sessions')), ['gemini-g-1'], event);
  }
});

test('one such job keeps nobody from his own: verbs and a sweep go on, and name it', async () => {
  await using world = await aWorkspace();
  const { layout } = world.context();
  const theirs = await sessionJob(world, { background: true, command: ['true'] });
  await world.untilStage(theirs.id, 'finished');
  const request = join(jobDirectory(layout, theirs.id), 'request.json');
  const newer = readFileSync(request, 'utf8').replace('"claude-code"', '"gemini"');
  writeFileSync(request, newer);
  const state = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  for (const { origin: asker } of state.jobs) asker.host = 'gemini';
  writeFileSync(layout.stateFile, JSON.stringify(state));
  const run = await world.cli('run', '--', 'echo', 'ours');
  assert.deepEqual([run.code, run.stdout.includes('ours')], [0, true]);
  const status = await world.cli('status', '--all');
  assert.equal(status.code, 0);
  assert.match(status.stderr, NAMED);
  const result = await world.cli('result', theirs.id);
  assert.equal(result.code, 5);
  assert.match(result.stderr, NAMED);
  assert.equal((await world.cli('sweep')).code, 0);
  assert.equal(readFileSync(request, 'utf8'), newer);
  const { jobs } = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  assert.deepEqual(
    jobs.map(({ id, origin: asker }: { id: string; origin: { host: string } | null }) => [
      id === theirs.id,
      asker?.host,
    ]),
    [
      [false, undefined],
      [true, 'gemini'],
    ],
  );
});

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CompanionError } from '../../../scripts/domain/base/errors.ts';
import {
  DEFAULT_SETTINGS,
  indexEntry,
  type WorkspaceState,
  withJob,
} from '../../../scripts/domain/workspace/workspace-state.ts';
import { ownIdentity } from '../../../scripts/process/identity.ts';
import { onWarning } from '../../../scripts/state/files/warnings.ts';
import type { WorkspaceLayout } from '../../../scripts/state/layout.ts';
import { readState, update } from '../../../scripts/state/workspace/store.ts';
import { aJobOnDisk, aLayout } from '../../support/requests.ts';
import { scratch } from '../../support/scratch.ts';

const asRoot = process.getuid?.() === 0;

/** A workspace with two jobs, the review gate on, and an index in step. */
async function aStoredWorkspace(folder: string): Promise<{ layout: WorkspaceLayout; ids: string[] }> {
  const layout = aLayout(folder);
  const jobs = [aJobOnDisk(layout), aJobOnDisk(layout)];
  writeFileSync(layout.settingsFile, '{"stopReviewGate":true}', { mode: 0o600 });
  await update(layout, (state) => jobs.reduce((next, job) => withJob(next, indexEntry(job)), state));
  return { layout, ids: jobs.map((job) => job.id).sort() };
}

const idsIn = (state: WorkspaceState) => state.jobs.map((job) => job.id).sort();

/** What a state file may have become: the file's new content, or something done in its place. */
const DAMAGE: Record<string, (layout: WorkspaceLayout, good: string) => void> = {
  'is empty': (layout) => put(layout, ''),
  'is cut in the middle': (layout, good) => put(layout, good.slice(0, good.length / 2)),
  'is cut by one byte': (layout, good) => put(layout, good.trimEnd().slice(0, -1)),
  'is all NULs': (layout, good) => put(layout, '\0'.repeat(good.length)),
  'ends in NULs': (layout, good) => put(layout, `${good.slice(0, 40)}${'\0'.repeat(400)}`),
  'is text': (layout) => put(layout, 'not json at all'),
  'is binary': (layout) => put(layout, Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81])),
  'is null': (layout) => put(layout, 'null'),
  'is a number': (layout) => put(layout, '7'),
  'is a list': (layout) => put(layout, '[]'),
  'is an empty object': (layout) => put(layout, '{}'),
  'holds two documents': (layout, good) => put(layout, good + good),
  'has jobs: [null]': (layout, good) => change(layout, good, { jobs: [null] }),
  'has jobs: {}': (layout, good) => change(layout, good, { jobs: {} }),
  'has a job that is text': (layout, good) => change(layout, good, { jobs: ['run-1'] }),
  'has a job id that leaves the directory': (layout, good) => changeJob(layout, good, { id: '../../etc' }),
  'has a kind that is a number': (layout, good) => changeJob(layout, good, { kind: 5 }),
  'has a background that is text': (layout, good) => changeJob(layout, good, { background: 'yes' }),
  'has config: null': (layout, good) => change(layout, good, { config: null }),
  'has a lease held by pid 1': (layout, good) => change(layout, good, { leases: [hostileLease(1)] }),
  'has a lease held by pid 0': (layout, good) => change(layout, good, { leases: [hostileLease(0)] }),
  'has a lease held by pid -1': (layout, good) => change(layout, good, { leases: [hostileLease(-1)] }),
  'has a lease held by pid 1.5': (layout, good) => change(layout, good, { leases: [hostileLease(1.5)] }),
  'has a lease held by a pid of text': (layout, good) =>
    change(layout, good, { leases: [hostileLease('1')] }),
  'has a lease held by a huge pid': (layout, good) => change(layout, good, { leases: [hostileLease(1e15)] }),
  'has no version': (layout, good) => change(layout, good, { version: undefined }),
  'is a directory': (layout) => {
    rmSync(layout.stateFile);
    mkdirSync(layout.stateFile);
  },
  'is a link to another file': (layout) => {
    rmSync(layout.stateFile);
    symlinkSync('/etc/hostname', layout.stateFile);
  },
};

function put(layout: WorkspaceLayout, content: string | Buffer): void {
  writeFileSync(layout.stateFile, content);
}

function change(layout: WorkspaceLayout, good: string, parts: Record<string, unknown>): void {
  put(layout, JSON.stringify({ ...JSON.parse(good), ...parts }));
}

function changeJob(layout: WorkspaceLayout, good: string, parts: Record<string, unknown>): void {
  const state = JSON.parse(good);
  change(layout, good, { jobs: [{ ...state.jobs[0], ...parts }, ...state.jobs.slice(1)] });
}

function hostileLease(pid: unknown): unknown {
  const since = new Date().toISOString();
  return { jobId: 'task-abcdefgh-ijklmnop', brokerId: 'b', since, holder: { ...ownIdentity(), pid } };
}

for (const [kind, damage] of Object.entries(DAMAGE)) {
  test(`a state that ${kind}: jobs and settings come back, the damaged one is kept, and it is said`, async () => {
    using folder = scratch('state');
    const { layout, ids } = await aStoredWorkspace(folder.path);
    damage(layout, readFileSync(layout.stateFile, 'utf8'));
    const said: string[] = [];
    onWarning((message) => said.push(message));

    assert.deepEqual(idsIn(readState(layout)), ids, 'a reader sees all jobs');
    const state = await update(layout, (current) => current);

    assert.deepEqual(idsIn(state), ids);
    assert.equal(state.config.stopReviewGate, true);
    assert.deepEqual(idsIn(JSON.parse(readFileSync(layout.stateFile, 'utf8'))), ids, 'the file is mended');
    const kept = readdirSync(layout.directory).filter((name) => name.startsWith('state.json.damaged-'));
    assert.equal(kept.length, 1);
    assert.ok(
      said.some((message) => message.includes(kept[0] ?? '')),
      said.join('\n'),
    );
  });
}

test('unknown fields survive a round trip, at the top and inside', async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  const state = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  state.future = { kept: true };
  state.jobs[0].tomorrow = 'kept';
  state.config.another = 7;
  put(layout, JSON.stringify(state));
  await update(layout, (current) => ({ ...current, config: { ...current.config, stopReviewGate: false } }));
  const after = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  assert.deepEqual(after.future, { kept: true });
  assert.equal(after.jobs[0].tomorrow, 'kept');
  assert.deepEqual(after.config, { ...DEFAULT_SETTINGS, another: 7 });
});

test('a state that a newer version wrote is refused and left as it is', async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  change(layout, readFileSync(layout.stateFile, 'utf8'), { version: 3 });
  const before = readFileSync(layout.stateFile);
  const refused = (error: unknown) => error instanceof CompanionError && error.code === 'state-newer';
  assert.throws(() => readState(layout), refused);
  await assert.rejects(
    update(layout, (state) => state),
    refused,
  );
  assert.deepEqual(readFileSync(layout.stateFile), before);
});

test('an update that changes nothing writes nothing', async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  const before = statSync(layout.stateFile).ino;
  await update(layout, (state) => state);
  assert.equal(statSync(layout.stateFile).ino, before);
});

test('an update that throws changes nothing', async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  const before = readFileSync(layout.stateFile);
  await assert.rejects(
    update(layout, () => {
      throw new Error('in the middle');
    }),
  );
  assert.deepEqual(readFileSync(layout.stateFile), before);
});

test('one damaged job directory hides no other job from the rebuilt index', async () => {
  using folder = scratch('state');
  const { layout, ids } = await aStoredWorkspace(folder.path);
  const [broken = '', whole = ''] = ids;
  writeFileSync(join(layout.jobs, broken, 'request.json'), '{');
  rmSync(layout.stateFile);
  assert.deepEqual(idsIn(await update(layout, (state) => state)), [whole]);
});

test('under umask 000 directories are 0700 and files 0600', async () => {
  using folder = scratch('state');
  const umask = process.umask(0);
  try {
    const { layout } = await aStoredWorkspace(folder.path);
    for (const path of [layout.root, layout.directory, layout.jobs]) {
      assert.equal((statSync(path).mode & 0o777).toString(8), '700', path);
    }
    for (const entry of readdirSync(layout.root, { recursive: true, withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue; // a job's number: it has no mode of its own
      const wanted = entry.isDirectory() ? '700' : '600';
      const path = join(entry.parentPath, entry.name);
      assert.equal((statSync(path).mode & 0o777).toString(8), wanted, path);
    }
  } finally {
    process.umask(umask);
  }
});

test('a workspace directory that others can write to is refused', async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  chmodSync(layout.directory, 0o777);
  await assert.rejects(
    update(layout, (state) => state),
    /can be written by others/,
  );
});

test('what somebody else owns is refused, and stays as it is', {
  skip: asRoot ? false : 'needs root',
}, async () => {
  using folder = scratch('state');
  const { layout } = await aStoredWorkspace(folder.path);
  const foreign = (error: unknown) => error instanceof CompanionError && error.code === 'foreign-owner';
  for (const path of [layout.stateFile, layout.jobs, layout.directory, layout.root]) {
    chownSync(path, 12345, 12345);
    await assert.rejects(
      update(layout, (state) => state),
      foreign,
      path,
    );
    chownSync(path, 0, 0);
  }
  await update(layout, (state) => state);
});

test('a number that no job can have is passed over: the next job has the one after the highest', async () => {
  const largest = String(Number.MAX_SAFE_INTEGER);
  const damage: Record<string, (layout: WorkspaceLayout, id: string) => void> = {
    'a name beside the numbers': ({ numbers }) => symlinkSync('x', join(numbers, 'Infinity')),
    'a number too large': ({ numbers }) => symlinkSync('x', join(numbers, largest)),
    'a job that says it has one': ({ jobs }, id) => writeFileSync(join(jobs, id, 'number'), largest),
  };
  for (const [what, make] of Object.entries(damage)) {
    using folder = scratch();
    const { layout, ids } = await aStoredWorkspace(folder.path);
    make(layout, ids[0] ?? '');
    rmSync(layout.stateFile);
    for (let count = 0; count < 2; count++) {
      const job = aJobOnDisk(layout);
      await update(layout, (state) => withJob(state, indexEntry(job)));
    }
    const numbers = readState(layout).jobs.map(({ number = 0 }) => number);
    assert.ok(Math.max(...numbers) <= 6, `${what}: ${numbers}`);
    assert.equal(new Set(numbers).size, 4, `${what}: ${numbers}`);
  }
  using folder = scratch();
  const { layout } = await aStoredWorkspace(folder.path);
  const text = readFileSync(layout.stateFile, 'utf8');
  assert.match(text, /"lastNumber":\s*2/);
  writeFileSync(layout.stateFile, text.replace(/"lastNumber":\s*2/, `"lastNumber":${largest}`));
  const job = aJobOnDisk(layout);
  await update(layout, (state) => withJob(state, indexEntry(job)));
  assert.equal(readState(layout).jobs.find(({ id }) => id === job.id)?.number, 3);
});

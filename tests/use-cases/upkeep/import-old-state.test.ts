/** What openai/codex-plugin-cc 1.0.5 left is taken over once, by the first session that starts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { callHook } from '../../support/hosts/hooks.ts';
import { CANCELLED, DONE, done, FAILED, oldState, payload, RUNNING } from '../../support/old-state.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const asRoot = process.getuid?.() === 0;
const inPluginData = (world: World) => join(world.home, '.claude/plugins/data/codex-openai-codex/state');
const inTemp = (world: World) => join(world.folder, 'codex-companion');

const start = (world: World) => callHook(world, { event: 'SessionStart' });

interface Report {
  jobs: number;
  skipped: { what: string; why: string }[];
  told: boolean;
}

/** Starts a session and waits until the import that it leaves behind is done. */
async function imported(world: World): Promise<Report> {
  const { code, stdout, stderr } = await start(world);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  const file = join(world.context().layout.directory, 'imported-1.0.5.json');
  return until('the import is done', () => JSON.parse(readFileSync(file, 'utf8')));
}

function endings(world: World): Record<string, string | undefined> {
  const { jobs } = readState(world.context().layout);
  return Object.fromEntries(jobs.map(({ id, finished }) => [id, finished?.ending]));
}

const allEndings = { [DONE]: 'completed', [FAILED]: 'failed', [RUNNING]: 'lost', [CANCELLED]: 'cancelled' };

for (const [name, place] of Object.entries({
  'its plugin’s data': inPluginData,
  'the temp directory': inTemp,
})) {
  test(`jobs and settings in ${name} are there afterwards, with result, thread and log`, async () => {
    await using world = await aWorkspace();
    const old = oldState(world, place(world));
    writeFileSync(join(old, 'jobs', `${DONE}.log`), 'what it did\n');
    assert.deepEqual(await imported(world), { jobs: 4, skipped: [], told: false });
    assert.deepEqual(endings(world), allEndings);
    const { json: shown } = await world.cli('result', DONE, '--json');
    assert.deepEqual([shown.storedJob.result, shown.storedJob.rendered], [payload, 'the answer\n']);
    assert.deepEqual(
      [shown.job.threadId, shown.job.turnId, shown.job.sessionId],
      ['th-1', 'tu-1', 'old-session'],
    );
    assert.equal(shown.storedJob.request.prompt, "it's\nthe prompt");
    assert.equal((await world.cli('logs', DONE)).stdout, 'what it did\n');
    const { json: status } = await world.cli('status', '--json');
    assert.equal(status.config.stopReviewGate, true);
    const { json: failed } = await world.cli('status', FAILED, '--json');
    assert.deepEqual([failed.job.status, failed.job.errorMessage], ['failed', 'boom']);
  });
}

test('it is told once, is done once, and a job deleted since does not come back', async () => {
  await using world = await aWorkspace();
  oldState(world, inPluginData(world));
  await imported(world);
  assert.match(
    JSON.parse((await start(world)).stdout).systemMessage,
    /took over 4 job\(s\) of codex-plugin-cc 1\.0\.5/,
  );
  const { layout } = world.context();
  rmSync(join(layout.jobs, DONE), { recursive: true });
  rmSync(layout.stateFile);
  assert.equal((await start(world)).stdout, '');
  const { [DONE]: _gone, ...others } = allEndings;
  assert.deepEqual(endings(world), others);
});

test('the index of imported jobs can be rebuilt like any other', async () => {
  await using world = await aWorkspace();
  oldState(world, inPluginData(world));
  await imported(world);
  writeFileSync(world.context().layout.stateFile, '{"jobs":');
  assert.deepEqual(endings(world), allEndings);
  assert.equal(readState(world.context().layout).config.stopReviewGate, true);
});

test('a setting made here stands', async () => {
  await using world = await aWorkspace();
  await world.cli('setup', '--disable-review-gate');
  oldState(world, inPluginData(world));
  await imported(world);
  assert.equal((await world.cli('status', '--json')).json.config.stopReviewGate, false);
});

test('hostile and damaged records are passed over and named; the others are taken over', async () => {
  await using world = await aWorkspace();
  const secret = join(world.folder, 'secret');
  writeFileSync(secret, JSON.stringify({ ...done, rendered: 'SECRET' }));
  const hostile = [null, 7, 'x', [], {}, { id: 1 }];
  const ids = ['../../../secret', '/etc/passwd', '', 'task-..-..', 'x'.repeat(9_000), 'task-a\nb-cccc'];
  const broken = [
    { ...done, id: 'task-aaaa-kind', kind: 'boom', jobClass: ['task'] },
    { ...done, id: 'task-aaaa-time', createdAt: 'yesterday', startedAt: 1, updatedAt: null },
  ];
  const odd = {
    ...done,
    id: 'task-aaaa-oddd',
    title: { a: 1 },
    summary: '\u001b[31mred\n',
    logFile: secret,
    status: {},
    threadId: [1],
  };
  const linked = { ...done, id: 'task-aaaa-link' };
  const piped = { ...done, id: 'task-aaaa-pipe' };
  const foreign = { ...done, id: 'task-aaaa-name' };
  const entries = [
    ...hostile,
    ...ids.map((id) => ({ ...done, id })),
    ...broken,
    odd,
    linked,
    piped,
    foreign,
    done,
  ];
  const old = oldState(
    world,
    inTemp(world),
    entries.map((entry) => [entry, {}]),
  );
  symlinkSync(secret, join(old, 'jobs/task-aaaa-link.json'));
  symlinkSync(secret, join(old, 'jobs/task-aaaa-link.log'));
  execFileSync('mkfifo', [join(old, 'jobs/task-aaaa-pipe.json')]);
  writeFileSync(join(old, 'jobs/task-aaaa-name.json'), readFileSync(secret));
  writeFileSync(join(old, `jobs/${DONE}.json`), '{"id":');
  const report = await imported(world);
  assert.deepEqual(
    Object.keys(endings(world)).sort(),
    [odd.id, linked.id, piped.id, foreign.id, DONE].sort(),
  );
  assert.equal(report.jobs, 5);
  assert.equal(endings(world)[odd.id], 'lost');
  const reasons = report.skipped.map(({ why }) => why).join('\n');
  for (const wanted of [
    /no job/,
    /id is not one/,
    /no known kind/,
    /no valid time/,
    /link/,
    /no plain file/,
    /JSON/,
  ])
    assert.match(reasons, wanted);
  const files = readdirSync(world.stateRoot, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.deepEqual(
    files.filter((file) => readFileSync(file, 'utf8').includes('SECRET')),
    [],
  );
  const table = (await world.cli('status', '--all')).stdout;
  assert.doesNotMatch(table, /\u001b/);
});

const untrusted: Record<string, (directory: string, world: World) => void> = {
  'a link': (directory, world) => {
    const real = join(world.folder, 'elsewhere');
    execFileSync('mv', [directory, real]);
    symlinkSync(real, directory);
  },
  'writable by everybody': (directory) => chmodSync(directory, 0o777),
  ...(asRoot ? { 'somebody else’s': (directory: string) => chownSync(directory, 65_534, 65_534) } : {}),
};

for (const [name, make] of Object.entries(untrusted)) {
  for (const part of ['place', 'workspace', 'state file'] as const) {
    test(`nothing is believed where the ${part} is ${name}`, async () => {
      await using world = await aWorkspace();
      const directory = oldState(world, inTemp(world));
      make(
        { place: inTemp(world), workspace: directory, 'state file': join(directory, 'state.json') }[part],
        world,
      );
      const { jobs, skipped } = await imported(world);
      assert.equal(jobs, 0);
      assert.equal(skipped.length, 1);
      assert.deepEqual(endings(world), {});
      assert.match(JSON.parse((await start(world)).stdout).systemMessage, /passed over, first .*state\.json/);
    });
  }
}

const damaged = {
  'cut off': '{"version":1,"jobs":[{"id"',
  empty: '',
  'a list': '[1]',
  'not text': '\0\0\0',
  null: 'null',
  'jobs of a wrong type': '{"jobs":{"a":1},"config":[]}',
};

for (const [name, content] of Object.entries(damaged)) {
  test(`a state file of 1.0.5 that is ${name} stops nothing`, async () => {
    await using world = await aWorkspace();
    writeFileSync(join(oldState(world, inPluginData(world)), 'state.json'), content);
    assert.equal((await imported(world)).jobs, 0);
    assert.deepEqual(endings(world), {});
  });
}

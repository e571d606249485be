/** One job that cannot be read any more costs that job, and nothing else: whatever looks at many goes on. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cookieOf, processTable } from '../../scripts/process/table.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

type Damage = (directory: string) => void;

const DAMAGES: Record<string, Damage> = {
  'its directory was removed': (directory) => rmSync(directory, { recursive: true }),
  'a file stands in its directory’s place': (directory) => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'not a job\n');
  },
  'its request was removed': (directory) => rmSync(join(directory, 'request.json')),
  'its request is torn': (directory) => writeFileSync(join(directory, 'request.json'), '{"version":1,"id":'),
  'a directory stands in its request’s place': (directory) => {
    rmSync(join(directory, 'request.json'));
    mkdirSync(join(directory, 'request.json'));
  },
};

const directoryOf = (world: World, id: string) => join(world.context().layout.jobs, id);

/** A job that lives, with a child in a session of its own. */
async function livingJob(world: World): Promise<string> {
  const id = await world.run('sh', '-c', 'setsid sleep 300 & sleep 300');
  await until('all of it runs', () => processesOf(id).filter((one) => one === 'sleep').length === 2);
  return id;
}

function processesOf(id: string): string[] {
  return [...processTable().values()].flatMap(({ pid, comm }) => (cookieOf(pid) === id ? [comm] : []));
}

/** Of a state that was made by a person's hand: what each command says of it. */
async function endsOf(world: World, id: string): Promise<number> {
  const { stdout } = await world.cli('events');
  return stdout.split('\n').filter((line) => line.includes('"ended"') && line.includes(id)).length;
}

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`a live job whose directory cannot be read, because ${what}, is ended once as lost; all else goes on`, async () => {
    await using world = await aWorkspace();
    const broken = await livingJob(world);
    const other = await world.run('sh', '-c', 'while [ ! -e go ]; do sleep 0.05; done; exit 5');
    damage(directoryOf(world, broken));

    const status = await world.cli('status', '--json');
    assert.deepEqual([status.code, status.json.running.map((job: { id: string }) => job.id)], [0, [other]]);
    assert.match(status.stderr, new RegExp(`${broken} cannot be read: .*codex-companion sweep ends it`));
    const doctor = await world.cli('doctor', '--json');
    assert.equal(doctor.code, 0);
    assert.match(
      doctor.json.problems.join('\n'),
      new RegExp(`${broken}: .*codex-companion cancel ${broken}`),
    );

    const swept = await world.cli('sweep', '--json');
    assert.deepEqual([swept.code, swept.json.workspaces[0].settled], [0, [{ id: broken, outcome: 'lost' }]]);
    assert.deepEqual(processesOf(broken), []);
    const { json } = await world.cli('status', broken, '--json');
    assert.deepEqual([json.job.status, json.job.outcome.ending], ['failed', 'lost']);
    assert.match(
      json.job.errorMessage,
      /It could not be read any more: .* processes of it, found by the environ/,
    );
    assert.equal((await world.cli('result', broken)).code, 0);
    assert.equal((await world.cli('wait', broken)).code, 1);
    assert.deepEqual((await world.cli('sweep', '--json')).json.workspaces[0].settled, []);
    assert.equal(await endsOf(world, broken), 1);

    world.write('go', '');
    assert.equal((await world.cli('wait', other)).code, 5);
  });
}

test('cancel stops it, and wait ends it', async () => {
  await using world = await aWorkspace();
  const [first, second] = [await livingJob(world), await livingJob(world)];
  for (const id of [first, second]) rmSync(directoryOf(world, id), { recursive: true });
  const cancelled = await world.cli('cancel', first, '--json');
  assert.equal(cancelled.code, 0);
  assert.ok(cancelled.json.stopped.length >= 3, 'with its wrapper');
  const waited = await world.cli('wait', second, '--json');
  assert.deepEqual([waited.code, waited.json.jobs[0].outcome.ending], [1, 'lost']);
  assert.deepEqual([...processesOf(first), ...processesOf(second)], []);
});

test('one that cannot be read for now is left running, until somebody cancels it', async () => {
  await using world = await aWorkspace();
  const id = await livingJob(world);
  const claim = join(directoryOf(world, id), 'claim');
  rmSync(claim);
  mkdirSync(claim);
  const swept = await world.cli('sweep', '--json');
  assert.deepEqual([swept.code, swept.json.workspaces[0].notSwept[0].id], [0, id]);
  assert.ok(processesOf(id).includes('sleep'));
  assert.equal((await world.cli('cancel', id)).code, 0);
  assert.deepEqual(processesOf(id), []);
  assert.equal((await world.cli('status', id, '--json')).json.job.outcome.ending, 'lost');
});

test('its session is owed the notice of that end, and other workspaces are swept as ever', async () => {
  await using world = await aWorkspace();
  const env = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'asked' };
  const { json } = await world.cliWith({ env }, 'run', '--background', '--json', '--', 'sleep', '300');
  await world.untilStage(json.jobId, 'running');
  rmSync(directoryOf(world, json.jobId), { recursive: true });
  mkdirSync(join(world.folder, 'elsewhere'));
  const elsewhere = { cwd: join(world.folder, 'elsewhere') };
  const killed = (await world.cliWith(elsewhere, 'run', '--background', '--json', '--', 'true')).json.jobId;
  await world.cliWith(elsewhere, 'wait', killed);
  const swept = await world.cliWith(elsewhere, 'sweep', '--json');
  assert.deepEqual([swept.code, swept.json.workspaces.length], [0, 2]);
  const { job } = (await world.cli('status', json.jobId, '--json')).json;
  assert.deepEqual([job.outcome.ending, job.notice.state], ['lost', 'owed']);
});

test('a finished job whose files are damaged hides no other one', async () => {
  await using world = await aWorkspace({ codex: {} });
  const task = (await world.cli('task', '--background', '--json', 'hello')).json.jobId;
  const shell = await world.run('true');
  await world.cli('wait', task, shell);
  await until('both are listed', async () => (await world.cli('status', '--json')).json.recent.length === 1);
  writeFileSync(join(directoryOf(world, task), 'thread.json'), '{');
  const { code, json, stderr } = await world.cli('status', '--json');
  const shown = [json.latestFinished, ...json.recent].flatMap((job) => job?.id ?? []);
  assert.deepEqual([code, shown], [0, [shell]]);
  assert.match(stderr, new RegExp(`${task}: .*thread.json is damaged`));
  for (const verb of ['sweep', 'doctor']) assert.equal((await world.cli(verb)).code, 0, verb);
  assert.equal(
    (await world.cli('task', '--background', '--resume-last', 'more')).code,
    3,
    'its thread is lost',
  );
});

test('a job of a kind that only a newer version knows is carried along, and damages nothing', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '300');
  const { directory } = world.context().layout;
  const file = join(directory, 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const stranger = { ...state.jobs[0], id: 'dream-mabc1234-abcdefgh', kind: 'dream', more: { of: 'it' } };
  writeFileSync(file, JSON.stringify({ ...state, jobs: [stranger, ...state.jobs] }));
  const { code, json, stderr } = await world.cli('status', '--json');
  assert.deepEqual([code, json.running.length], [0, 1]);
  assert.match(stderr, /1 record\(s\) of a newer version, which are left as they are: .*"dream"/);
  assert.match(
    (await world.cli('doctor', '--json')).json.problems.join('\n'),
    /dream-mabc1234-abcdefgh is left alone/,
  );
  assert.equal((await world.cli('sweep')).code, 0);
  assert.equal((await world.cli('cancel', id)).code, 0);
  const after = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual(
    after.jobs.find((job: { kind: string }) => job.kind === 'dream'),
    stranger,
  );
  assert.equal('withheld' in after, false);
});

import assert from 'node:assert/strict';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace } from '../../../support/world.ts';

test('a cancelled command is gone with its children, and both are listed', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'sleep 31 & sleep 32');
  await world.untilStage(id, 'running');
  const { code, json } = await world.cli('cancel', id, '--json');
  const { stopped, ...rest } = json;
  assert.equal(code, 0);
  assert.deepEqual(rest, {
    jobId: id,
    status: 'cancelled',
    title: 'Shell command',
    turnInterruptAttempted: false,
    turnInterrupted: false,
    left: [],
  });
  assert.deepEqual(stopped.map((one: { name: string }) => one.name).sort(), ['sh', 'sleep', 'sleep']);
  assert.deepEqual(
    world.processes().filter(({ command }) => command.includes('sleep')),
    [],
  );
  const { job } = (await world.cli('status', id, '--json')).json;
  assert.deepEqual([job.status, job.phase, job.outcome.ending], ['cancelled', 'cancelled', 'cancelled']);
});

test('a job that has ended cannot be cancelled, and says how it ended', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'exit 3');
  await world.cli('wait', id);
  const { code, json } = await world.cli('cancel', id, '--json');
  assert.deepEqual([code, json.error.code], [3, 'wrong-state']);
  assert.match(json.error.message, /has ended already: failed \(exit 3\)/);
});

test('cancelling what was cancelled before is told as ended', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  await world.cli('cancel', id);
  const { code, json } = await world.cli('cancel', id, '--json');
  assert.deepEqual([code, json.error.message], [3, `${id} has ended already: cancelled.`]);
});

test('with nothing to cancel it says so', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli('cancel');
  assert.equal(code, 3);
  assert.match(stderr, /There is no running job in /);
});

test('a session that names no job cancels its own or none; another session’s job has to be named', async () => {
  await using world = await aWorkspace();
  const asSession = (id: string) => ({ env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: id } });
  const enqueue = async (session: string) => {
    const args = ['run', '--background', '--json', '--', 'sleep', '30'];
    return (await world.cliWith(asSession(session), ...args)).json.jobId as string;
  };
  const theirs = await enqueue('theirs');
  const refused = await world.cliWith(asSession('mine'), 'cancel', '--json');
  assert.deepEqual([refused.code, refused.json.error.code], [3, 'unknown-job']);
  assert.match(refused.json.error.message, new RegExp(theirs));
  const mine = await enqueue('mine');
  assert.equal((await world.cliWith(asSession('mine'), 'cancel', '--json')).json.jobId, mine);
  await world.untilStage(theirs, 'running');
  assert.equal((await world.cliWith(asSession('mine'), 'cancel', theirs, '--json')).code, 0);
});

test('of several live jobs none is stopped, paused or resumed unless it is named; they are listed', async () => {
  await using world = await aWorkspace();
  const [one, other] = [await world.run('sleep', '30'), await world.run('sleep', '31')];
  const both = new RegExp(`2 jobs .*(?=.*${one} \\(sleep 30\\))(?=.*${other} \\(sleep 31\\))`);
  for (const [verb, ...args] of [
    ['cancel', '--json'],
    ['cancel', ' --json '],
    ['cancel', '--json', '--signal', 'INT'],
    ['pause', '--json'],
  ] as const) {
    const { code, json } = await world.cli(verb, ...args);
    assert.deepEqual([code, json.error.code], [3, 'ambiguous-job'], args.join(' '));
    assert.match(json.error.message, both);
    assert.match(json.error.hint, new RegExp(`codex-companion ${verb} ${one}`));
  }
  assert.equal((await world.cli('cancel', '')).code, 2, 'an unset variable is no choice');
  const slash = await world.cliWith(
    { stdin: '\n' },
    'cancel',
    '--for-slash-command',
    '--arguments-from-stdin',
  );
  assert.equal(slash.code, 0);
  assert.match(slash.stdout, both);
  assert.match(slash.stdout, new RegExp(`/codex:cancel ${one}`));
  for (const id of [one, other]) assert.equal((await world.untilStage(id, 'running')).facts.stop, null);
  for (const id of [one, other]) assert.equal((await world.cli('pause', id)).code, 0);
  assert.equal((await world.cli('resume', '--json')).json.error.code, 'ambiguous-job');
  await world.cli('cancel', one);
  assert.equal((await world.cli('resume', '--json')).json.jobId, other);
  assert.match((await world.cli('cancel')).stdout, new RegExp(`Cancelled ${other}`));
});

test('several jobs at once: each is told, one that has ended does not keep the others alive, and the exit says so', async () => {
  await using world = await aWorkspace();
  const [one, other] = [await world.run('sleep', '30'), await world.run('sleep', '30')];
  const ended = await world.run('true');
  await world.cli('wait', ended);
  const { code, json } = await world.cli('cancel', '--json', one, ended, other, one);
  assert.equal(code, 3);
  assert.deepEqual(
    json.jobs.map((job: { jobId: string; status?: string; error?: { code: string } }) => [
      job.jobId,
      job.status ?? job.error?.code,
    ]),
    [
      [one, 'cancelled'],
      [ended, 'wrong-state'],
      [other, 'cancelled'],
    ],
  );
});

test('one unknown name among several stops nobody', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const { code, json } = await world.cli('cancel', '--json', id, 'run-nobody');
  assert.deepEqual([code, json.error.code], [3, 'unknown-job']);
  assert.equal((await world.untilStage(id, 'running')).facts.stop, null);
  await world.cli('cancel', id);
});

test('--all is a session’s own jobs, and names those of others; in a plain terminal it is the workspace’s', async () => {
  await using world = await aWorkspace();
  const asSession = (id: string) => ({ env: { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: id } });
  const enqueue = async (session: string) =>
    (await world.cliWith(asSession(session), 'run', '--background', '--json', '--', 'sleep', '30')).json
      .jobId;
  const [theirs, mine, alsoMine] = [await enqueue('theirs'), await enqueue('mine'), await enqueue('mine')];
  const stopped = await world.cliWith(asSession('mine'), 'cancel', '--all', '--json');
  assert.equal(stopped.code, 0);
  assert.deepEqual(
    stopped.json.jobs.map(({ jobId }: { jobId: string }) => jobId).sort(),
    [mine, alsoMine].sort(),
  );
  assert.match(stopped.stderr, new RegExp(`left alone: ${theirs}`));
  const none = await world.cliWith(asSession('mine'), 'cancel', '--all', '--json');
  assert.deepEqual([none.code, none.json.error.code], [3, 'unknown-job']);
  assert.equal((await world.cli('cancel', '--all', mine)).code, 2);
  await world.untilStage(theirs, 'running');
  assert.equal((await world.cli('cancel', '--all', '--json')).json.jobs[0].jobId, theirs);
});

test('--signal asks in place of TERM, by name with and without SIG and by number; KILL follows after the grace', async () => {
  await using world = await aWorkspace();
  const text =
    'trap "echo got INT; exit 7" INT; trap "echo got TERM" TERM; echo ready; while :; do sleep 0.1; done';
  for (const signal of ['INT', 'sigint', '2']) {
    const id = await world.run('sh', '-c', text);
    await until('it is ready', async () => (await world.cli('logs', id)).stdout.includes('ready'));
    assert.equal((await world.cli('cancel', id, '--signal', signal, '--grace', '20s')).code, 0);
    assert.equal((await world.cli('logs', id)).stdout, 'ready\ngot INT\n', signal);
    assert.equal(world.reading(id).facts.outcome?.exitCode, 7);
  }
  const stubborn = await world.run('sh', '-c', 'trap "" USR1 TERM; echo ready; while :; do sleep 0.1; done');
  await until('it is ready', async () => (await world.cli('logs', stubborn)).stdout.includes('ready'));
  assert.equal((await world.cli('cancel', stubborn, '--signal', 'USR1', '--grace', '200ms')).code, 0);
  assert.equal(world.reading(stubborn).facts.outcome?.exitCode, 137);
});

test('a signal that ends nobody, an unknown one, and a grace that is no duration are refused, and nothing is stopped', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  const refused = [
    ['--signal', 'STOP'],
    ['--signal', 'sigcont'],
    ['--signal', '0'],
    ['--signal', 'TERMINATE'],
    ['--grace', 'soon'],
  ];
  for (const options of refused)
    assert.equal((await world.cli('cancel', id, ...options)).code, 2, options.join(' '));
  assert.equal((await world.untilStage(id, 'running')).facts.stop, null);
  await world.cli('cancel', id);
});

test('what a finished job left running is stopped by its name, and its outcome stays', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'setsid sleep 31 & exit 4');
  const { facts } = await world.untilStage(id, 'finished');
  assert.equal(facts.outcome?.stillRunning, 1);
  const { code, json } = await world.cli('cancel', id, '--json');
  assert.deepEqual([code, json.status, json.stopped.length, json.left], [0, 'failed', 1, []]);
  assert.equal(json.stopped[0].command, 'sleep 31');
  assert.deepEqual(world.reading(id).facts.outcome, facts.outcome);
  assert.equal((await world.cli('cancel', id)).code, 3, 'then there is nothing left to do');
});

test('nobody else asks a process to end a second time while its canceller waits for it', async () => {
  await using world = await aWorkspace();
  // The leader ends at once, so that the finish step runs; a child tidies up, which a second TERM would cut short.
  const child =
    'trap "echo TERM; i=0" TERM; echo ready; i=-1; while [ $i -lt 20 ]; do sleep 0.1; [ $i -lt 0 ] || i=$((i + 1)); done; echo tidy';
  const id = await world.run('sh', '-c', `sh -c '${child}' & wait`);
  await until('it is ready', async () => (await world.cli('logs', id)).stdout.includes('ready'));
  const cancelling = world.start('cancel', id, '--grace', '30s');
  await until('the command has ended', () => world.reading(id).facts.exit !== null);
  await world.cli('sweep');
  assert.equal((await cancelling.ended).code, 0);
  // dash says "Terminated" of the sleep that it waited for.
  const said = (await world.cli('logs', id)).stdout.replace('Terminated\n', '');
  assert.equal(said, 'ready\nTERM\ntidy\n');
  assert.equal(world.reading(id).facts.outcome?.ending, 'cancelled');
});

test('a canceller that is killed halfway leaves what it knew: the next one finds a process that is known by nothing else', async () => {
  await using world = await aWorkspace();
  // Its parent, by which it is found, leaves at TERM; itself ignores that.
  const hidden = 'trap "" TERM; : >"$1"; while :; do sleep 0.1; done';
  const text = `trap "exit 0" TERM
    env -i PATH="$PATH" setsid sh -c '${hidden}' hidden "$PWD/ready" </dev/null >/dev/null 2>&1 & while :; do wait; done`;
  const id = await world.run('sh', '-c', text);
  await until('it hides', () => existsSync(join(world.workspace, 'ready')));
  const cancelling = world.start('cancel', id, '--grace', '1h');
  await until('its parent has left', () => world.reading(id).facts.exit !== null);
  cancelling.signal('SIGKILL');
  await cancelling.ended;
  assert.equal(world.reading(id).state.stage, 'stopping');
  const { code, json } = await world.cli('cancel', id, '--grace', '200ms', '--json');
  // On a slow machine the finish step is the next one, and there is nothing left to cancel.
  if (code === 3) assert.match(json.error.message, /has ended already: cancelled/);
  else assert.match(json.stopped.map((one: { command: string }) => one.command).join(), /hidden/);
  assert.ok(world.processes().every(({ command }) => !command.includes('hidden')));
  assert.equal(world.reading(id).facts.outcome?.ending, 'cancelled');
});

const FREEZER = '/sys/fs/cgroup/freezer';

test('what no signal ends is named as left: exit 6, the job goes on being stopped, and is cancelled when it is gone', {
  skip: writable(FREEZER) ? false : 'needs the right to freeze a process in a control group (version 1)',
}, async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'sleep 32 & sleep 31');
  const { pid } = await until('both sleep', () =>
    world.processes().find(({ command }) => command === 'sleep 32'),
  );
  using group = aFrozenGroup(pid);
  const { code, json } = await world.cli('cancel', id, '--grace', '100ms', '--json');
  assert.deepEqual([code, json.status, json.left.length], [6, 'running', 1]);
  assert.deepEqual([json.left[0].pid, json.left[0].command], [pid, 'sleep 32']);
  assert.match(json.left[0].why, /state D/);
  assert.equal(json.stopped.length, 2);
  const status = await world.cli('status', id, '--json');
  assert.deepEqual([status.json.job.status, status.json.job.phase], ['running', 'stopping']);
  const text = await world.cli('cancel', id, '--grace', '0');
  assert.match(
    text.stdout,
    new RegExp(`is not stopped yet[^]*- Left: sleep \\(pid ${pid}\\), the kernel holds it`),
  );
  group.thaw();
  await until('it is gone', () => world.processes().every((one) => one.pid !== pid));
  assert.equal((await world.cli('status', id, '--json')).json.job.status, 'cancelled');
});

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false; // not there, or not ours
  }
}

/** Holds a process where not even KILL reaches it, until it is thawed. */
function aFrozenGroup(pid: number): { thaw: () => void } & Disposable {
  const group = mkdtempSync(join(FREEZER, 'companion-test-'));
  const set = (state: string) => writeFileSync(join(group, 'freezer.state'), state);
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  set('FROZEN');
  return {
    thaw: () => set('THAWED'),
    [Symbol.dispose]: () => {
      set('THAWED');
      // Empty, or its process has moved on: a group with somebody in it cannot be removed.
      for (const one of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
        writeFileSync(join(FREEZER, 'cgroup.procs'), one);
      rmdirSync(group);
    },
  };
}

/** The end of the work, not of the shell: what a command leaves running, told, waited for, or stopped. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { JobReading } from '../../../scripts/use-cases/reading/read-job.ts';
import { killIfThere } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** A command that exits with 3 and leaves two processes, one in a session of its own, until `openGate`. */
function leaving(world: World): string[] {
  execFileSync('mkfifo', [gateOf(world)]);
  const text =
    '#!/bin/sh\nwait_here() { : <"$1"; echo "late $2"; }\n' +
    'case $2 in far) wait_here "$1" far; exit ;; esac\n' +
    'wait_here "$1" near &\nsetsid "$0" "$1" far &\necho done; exit 3\n';
  return [world.write('leaving', text, 0o755), gateOf(world)];
}

function gateOf(world: World): string {
  return join(world.folder, 'gate');
}

/** Stays open: who comes late goes through, too. */
function openGate(world: World): void {
  openSync(gateOf(world), 'r+');
}

/** What `leaving` has left; the wrapper names it among its arguments. */
function leftBehind(world: World) {
  return world
    .processes()
    .filter(({ command }) => command.includes('leaving') && !command.includes('run-job.sh'));
}

async function start(world: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr, json } = await world.cli('run', '--background', '--json', ...args);
  assert.equal(code, 0, stdout + stderr);
  return json.jobId;
}

/** The command has ended; what it has left running has not, and the finish step has named it: what went before counts for none. */
async function untilWaiting(world: World, id: string): Promise<JobReading> {
  return until('the job waits for what is left', () => {
    const reading = world.reading(id);
    const { state, facts } = reading;
    return state.stage === 'running' && (state.leftRunning ?? 0) > 1 && facts.leftBehind > 1 && reading;
  });
}

function killWrapper({ facts }: JobReading): void {
  const { claim } = facts;
  assert.ok(claim?.kind === 'worker');
  killIfThere(claim.worker.pid);
}

// At once, because they mostly wait.
describe('what a command leaves running', { concurrency: true }, () => {
  test('by default the outcome says how many processes are still running', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--', ...leaving(world));
    const { facts } = await world.untilStage(id, 'finished');
    const { outcome } = facts;
    assert.equal(outcome?.ending, 'failed');
    assert.ok(outcome.stillRunning >= 2);
    assert.equal(outcome.reason, `exited 3, ${outcome.stillRunning} processes still running`);
    const said = new RegExp(
      `failed \\(exit 3\\) after \\S+, ${outcome.stillRunning} processes still running`,
    );
    assert.match(
      (await world.cli('status', id)).stdout,
      /left +(\w+ \(\d+\), )+\w+ \(\d+\): cancel 1 stops them/,
    );
    assert.match((await world.cli('result', id)).stdout, said);
    openGate(world);
  });

  test('--leftovers wait: the job runs until they are gone, their output is its output, the status is its command’s', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--', ...leaving(world));
    const waiter = world.start('wait', id);
    const { state } = await untilWaiting(world, id);
    const phase = `waiting for ${'leftRunning' in state ? state.leftRunning : 0} processes`;
    assert.match((await world.cli('status', id)).stdout, /waiting for \d processes for \d/, phase);
    openGate(world);
    assert.equal((await waiter.ended).code, 3);
    const { outcome } = world.reading(id).facts;
    assert.match(outcome?.reason ?? '', /^exited 3; \d processes that it had left running have ended, too$/);
    assert.equal(outcome?.leftovers?.fate, 'ended');
    assert.equal(outcome?.stillRunning, 0);
    assert.deepEqual((await world.cli('logs', id)).stdout.trim().split('\n').sort(), [
      'done',
      'late far',
      'late near',
    ]);
  });

  test('--leftovers wait: nobody loses the exit status where the wrapper is killed while it waits', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--', ...leaving(world));
    killWrapper(await untilWaiting(world, id));
    assert.equal(world.reading(id).state.stage, 'running');
    openGate(world);
    const { code, json } = await world.cli('wait', '--json', id);
    assert.deepEqual([code, json.jobs[0].outcome.exitCode], [3, 3]);
  });

  test('--leftovers wait: a finish step that is killed is repeated by the wrapper', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--', ...leaving(world));
    for (let kill = 0; kill < 2; kill++) {
      const finish = await until(
        'the finish step runs',
        () => world.processes().find(({ command }) => command.includes('worker.mjs finish')),
        3_000,
      ).catch(() => undefined); // it was quicker than we looked
      if (finish) killIfThere(finish.pid);
    }
    await until('it has been repeated', () => world.reading(id).facts.leftBehind > 1);
    openGate(world);
    // Nobody but the wrapper looks.
    await until('the outcome is committed', () =>
      existsSync(join(world.context().layout.jobs, id, 'outcome.json')),
    );
    assert.equal(world.reading(id).facts.outcome?.exitCode, 3);
  });

  test('--leftovers stop: they are stopped wherever they are, and the outcome says so', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'stop', '--', ...leaving(world));
    const { code, stderr } = await world.cli('wait', id);
    assert.equal(code, 3, stderr);
    const { outcome } = world.reading(id).facts;
    assert.match(outcome?.reason ?? '', /^exited 3; \d processes that it had left running were stopped$/);
    assert.deepEqual(leftBehind(world), []);
  });

  test('--leftovers stop: a sweep takes over from a killed wrapper', async () => {
    await using world = await aWorkspace();
    // The finish step cannot be run: nobody but the sweep is there to stop them.
    const id = await start(
      world,
      '--leftovers',
      'stop',
      '--',
      'sh',
      '-c',
      `until [ -e go ]; do sleep 0.2; done; exec ${leaving(world).join(' ')}`,
    );
    const reading = await until('the command runs', () => {
      const found = world.reading(id);
      return found.facts.command && found;
    });
    killWrapper(reading);
    // As if the wrapper had recorded the end before it was killed.
    writeFileSync(join(reading.facts.directory, 'exit'), 'status=3\nended-by=exit\n');
    writeFileSync(join(world.workspace, 'go'), '');
    await until('they run', () => leftBehind(world).length > 1);
    await world.cli('sweep');
    assert.match(world.reading(id).facts.outcome?.reason ?? '', /^exited 3; .*stopped$/);
  });

  test('a limit holds while the job waits, and reaches what has left the command’s group', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--deadline', '12', '--', ...leaving(world));
    await world.cli('wait', id);
    const { outcome } = world.reading(id).facts;
    assert.deepEqual([outcome?.ending, outcome?.exitCode, outcome?.stillRunning], ['timed-out', 3, 0]);
    assert.match(outcome?.reason ?? '', /^Stopped at its deadline of 12 s; exited 3\.$/);
  });

  test('a limit holds, and the job is settled, where the wrapper is killed while it waits and no node is there', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--deadline', '30', '--', ...leaving(world));
    killWrapper(await untilWaiting(world, id));
    await until('the outcome is committed', () =>
      existsSync(join(world.context().layout.jobs, id, 'outcome.json')),
    );
    assert.equal(world.reading(id).facts.outcome?.ending, 'timed-out');
    const left = leftBehind(world);
    assert.deepEqual(left, []);
  });

  test('cancel stops what a job waits for', async () => {
    await using world = await aWorkspace();
    const id = await start(world, '--leftovers', 'wait', '--', ...leaving(world));
    await untilWaiting(world, id);
    const { code, json } = await world.cli('cancel', '--json', id);
    assert.deepEqual([code, json.status], [0, 'cancelled']);
    assert.match(world.reading(id).facts.outcome?.reason ?? '', /; exited 3\.$/);
  });

  test('a job that leaves nothing ends as it does without the option', async () => {
    await using world = await aWorkspace();
    for (const what of ['wait', 'stop']) {
      const { code, stderr } = await world.cli('run', '--leftovers', what, '--', 'sh', '-c', 'exit 4');
      assert.equal(code, 4);
      assert.match(stderr, /failed \(exit 4\) after \S+\n$/);
    }
  });
});

/** SIGKILL in mid-turn on the real Codex: who stands on the killed process ends with that reason, and nobody else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { readJobFacts } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft, ourProcesses } from '../../support/real/remains.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

const rounds = long ? 30 : 1;

const brokerDied = 'The broker in front of Codex was killed or died; the turn was ended with it.';

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  describe('SIGKILL in mid-turn', { concurrency: 2 }, () => {
    const shared = { 'app-server': 'codex app-server was ended by SIGKILL.', broker: brokerDied };

    for (const [name, reason] of Object.entries(shared)) {
      test(`a killed ${name} in mid-turn: a job that did nothing yet is resumed and completes, one that ran a command ends with that reason, and the next task works`, async (t) => {
        await using world = await codexWorld(clients);
        const thinking = await enqueue(world, '[[hold]][[say:thought through]]');
        const working = await enqueue(world, '[[exec:exec sleep 297]]');
        await until('both turns are under way', () => commands(world).length > 0 && hanging(world) === 1);
        process.kill(pidOf(world, name), 'SIGKILL');
        await endedBy(t, world, [working]);
        const { status, outcome } = (await world.ask('status', working)).job;
        const { threadId } = (await world.ask('result', working)).storedJob.result;
        const how = `Go on with \`codex-companion task --resume ${working}\`, or in Codex: \`codex resume ${threadId}\`.`;
        assert.deepEqual([status, outcome.ending, outcome.reason], ['failed', 'failed', `${reason} ${how}`]);
        await until('the other turn is resumed', () => prompts(world) === 2 && hanging(world) === 1);
        world.codexModel.release();
        assert.equal((await world.ask('wait', thinking)).jobs[0].status, 'completed');
        const { result } = (await world.ask('result', thinking)).storedJob;
        assert.deepEqual(
          [result.rawOutput, result.resumedAfter],
          ['thought through', reason.replace('SIGKILL.', 'SIGKILL')],
        );
        t.diagnostic(`nothing left after ${await nothingIsLeft(world)} ms`);
        await nextWorks(world);
      });
    }

    test(`an app-server killed as a command begins, which nobody was told of yet: ${rounds} reviews do not run it again`, async () => {
      await using world = await codexWorld(clients);
      await writeFile(join(world.workspace, 'README.md'), '# A project\n\nWith a flaw.\n');
      for (let round = 1; round <= rounds; round++) {
        world.codexModel.script({ exec: 'exec sleep 297' });
        const { jobId } = await world.ask('review', '--background');
        await until('the command begins', () => commands(world).length > 0);
        process.kill(pidOf(world, 'app-server'), 'SIGKILL');
        const { ending } = await until(
          'the review has ended',
          () => readJobFacts(jobDirectory(world.layout, jobId)).outcome,
        );
        assert.deepEqual([ending, world.codexModel.requests.length], ['failed', round]);
        await nothingIsLeft(world);
      }
    });

    test('a killed worker in mid-turn: its turn and command end, another job is unhurt, and the next task works', async (t) => {
      await using world = await codexWorld(clients);
      const other = await enqueue(world, '[[hold]][[say:unhurt]]');
      const victim = await enqueue(world, '[[exec:exec sleep 297]]');
      await until('both turns are under way', () => commands(world).length > 0 && hanging(world) === 1);
      const before = readState(world.layout).brokers.map(({ id }) => id);
      const { claim } = readJobFacts(jobDirectory(world.layout, victim));
      assert.ok(claim?.kind === 'worker');
      process.kill(claim.worker.pid, 'SIGKILL');
      const { outcome } = (await world.ask('status', victim)).job;
      assert.equal(outcome.ending, 'lost');
      await until('its command is gone', () => commands(world).length === 0);
      assert.deepEqual(
        [before.length, await world.ask('task', '[[say:next]]').then(({ rawOutput }) => rawOutput)],
        [1, 'next'],
      );
      world.codexModel.release();
      assert.equal((await world.ask('wait', other)).jobs[0].status, 'completed');
      t.diagnostic(`nothing left after ${await nothingIsLeft(world)} ms`);
    });

    test('the last worker is killed: nothing is left, without any hook or command', async (t) => {
      await using world = await codexWorld(clients);
      const id = await enqueue(world, '[[hang]]');
      await until('the turn is under way', () => hanging(world) === 1);
      const { claim } = readJobFacts(jobDirectory(world.layout, id));
      assert.ok(claim?.kind === 'worker');
      process.kill(claim.worker.pid, 'SIGKILL');
      t.diagnostic(`nothing left after ${await nothingIsLeft(world)} ms`);
      assert.equal((await world.ask('status', id)).job.outcome.ending, 'lost');
      await nextWorks(world);
    });

    test('a killed waiter of a foreground task: the task goes on, and its result is there', async () => {
      await using world = await codexWorld(clients);
      const { env } = world.codex;
      const waiter = spawn(world.companion, ['task', '[[hold]][[say:kept]]'], { cwd: world.workspace, env });
      const [first] = await once(createInterface({ input: waiter.stderr }), 'line');
      const id = /\btask-\S+\b/.exec(String(first))?.[0] ?? assert.fail(`no id in: ${first}`);
      await until('the turn is under way', () => hanging(world) === 1);
      waiter.kill('SIGKILL');
      await once(waiter, 'exit');
      world.codexModel.release();
      assert.equal((await world.ask('wait', id)).jobs[0].status, 'completed');
      assert.match((await world.cli('result', id)).stdout, /kept/);
      await nothingIsLeft(world);
    });
  });
}

async function enqueue(world: CodexWorld, prompt: string): Promise<string> {
  return (await world.ask('task', '--background', prompt)).jobId;
}

/** Requests to the model that wait for their answer. */
function hanging({ codexModel }: CodexWorld): number {
  return codexModel.requests.filter(({ step, ended }) => (step.hang || step.hold) && !ended).length;
}

function prompts({ codexModel }: CodexWorld): number {
  return codexModel.requests.filter(({ prompt }) => prompt.includes('thought through')).length;
}

function commands(world: CodexWorld) {
  return ourProcesses(world).filter(({ command }) => command === 'sleep 297');
}

function pidOf({ layout }: CodexWorld, name: string): number {
  const [broker, ...others] = readState(layout).brokers;
  assert.equal(others.length, 0);
  const found = name === 'broker' ? broker?.process : broker?.appServer;
  return found?.pid ?? assert.fail(`no ${name} on record`);
}

/** Waits for the outcomes that the workers themselves commit: no reader helps. */
async function endedBy(t: TestContext, world: CodexWorld, ids: string[]): Promise<void> {
  const began = performance.now();
  const ended = () => ids.every((id) => readJobFacts(jobDirectory(world.layout, id)).outcome);
  await until('the jobs have ended', ended);
  t.diagnostic(`ended after ${Math.round(performance.now() - began)} ms`);
}

async function nextWorks(world: CodexWorld): Promise<void> {
  const { status, rawOutput } = await world.ask('task', '[[say:next]]');
  assert.deepEqual([status, rawOutput], [0, 'next']);
  await nothingIsLeft(world);
}

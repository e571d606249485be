/** The step that makes the agent's command a job, SIGKILLed at random moments in the real Claude Code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { survivors } from '../../support/leaks.ts';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

const ROUNDS = long ? 40 : 4;
const promoting = ({ account }: RealWorld) =>
  survivors(account.root).find(({ command }) => /session-hook\.cjs promote/.test(command))?.pid;

/** How long a promotion takes here and now, from when it is seen to its end; milliseconds. */
async function timeOfPromotion(world: RealWorld): Promise<number> {
  await until('the command is made a job', () => promoting(world));
  const begun = performance.now();
  await until('that has ended', () => promoting(world) === undefined);
  return performance.now() - begun;
}

/** Kills the next promoting node within a random part of that time, unless it has ended by then. */
async function killNextPromotion(world: RealWorld, withinMs: number): Promise<boolean> {
  const pid = await until('the command is made a job', () => promoting(world));
  // Chance is the point here.
  await delay(Math.random() * withinMs);
  if (promoting(world) !== pid) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: a promoted command runs once at most, whenever its promotion is killed`, {
      skip: tmuxMissing(),
    }, async (t) => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const time = timeOfPromotion(world);
      assert.match(await world.bash(session, 'true &'), /tracked job/);
      const withinMs = await time;
      const seen = { killed: 0, asJob: 0, asItIs: 0, notRun: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const runs = join(world.workspace, `runs-${round}`);
        const kill = killNextPromotion(world, withinMs);
        const told = await world.bash(session, `echo ran >>'${runs}' &`);
        if (await kill) seen.killed++;
        const ended = async () => (await world.ask('status', '--all')).running.length === 0;
        await until('what it began has ended', ended);
        // As the agent's own background process it may still be about to begin.
        await until('it has run, or is said not to', () => linesOf(runs) > 0 || /not run here/.test(told));
        const { latestFinished, recent } = await world.ask('status', '--all');
        const jobs = [latestFinished, ...recent].filter((job) => job?.summary?.includes(runs));
        const where = `round ${round}: ${told}\n${JSON.stringify(jobs)}`;
        assert.ok(linesOf(runs) <= 1 && jobs.length <= 1, where);
        if (linesOf(runs) === 0) assert.match(told, /It is not run here, since the job may/, where);
        const [job] = jobs;
        if (job) assert.equal(job.status, linesOf(runs) === 1 ? 'completed' : 'failed', where);
        seen[linesOf(runs) === 0 ? 'notRun' : job ? 'asJob' : 'asItIs']++;
      }
      t.diagnostic(JSON.stringify(seen));
      assert.ok(seen.killed > 0, JSON.stringify(seen));
      assert.equal(await session.exit(), 0);
    });
  }
}

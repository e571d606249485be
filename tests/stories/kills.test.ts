import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobOutcome } from '../../scripts/domain/job/evidence.ts';
import { listJobIds } from '../../scripts/state/job/job-directory.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** `npm run chaos` takes more. */
const ROUNDS = Number(process.env.STORY_ROUNDS ?? 12);
const LONGEST_MS = 160;

/** What may be killed, by what stands in its command line. */
const VICTIMS = {
  'the enqueuing command': 'companion.cjs run',
  'the wrapper': 'run-job.sh',
  'the finish step': 'worker.mjs finish',
} as const;

/** Endings that are true of a job whose processes were killed at a random moment. */
const TRUE_ENDINGS: Record<keyof typeof VICTIMS, JobOutcome['ending'][]> = {
  // `failed`: it never started, which nobody was told the id of.
  'the enqueuing command': ['completed', 'failed'],
  'the wrapper': ['completed', 'lost', 'failed'],
  'the finish step': ['completed'],
};

/** Kills the first process of the kind that shows within the round, after a random pause. */
async function killOne(world: World, pattern: string): Promise<void> {
  await delay(Math.random() * LONGEST_MS);
  const victims = world
    .processes()
    .filter(({ command }) => command.includes(pattern) && !command.includes('--become'));
  for (const { pid } of victims) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
    }
  }
}

for (const [victim, pattern] of Object.entries(VICTIMS) as [keyof typeof VICTIMS, string][]) {
  test(`${victim}, SIGKILLed at random moments: no accepted job is lost, no verdict is false, nothing is left`, async () => {
    await using world = await aWorkspace();
    const told: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const enqueuing = world.start(
        'run',
        '--background',
        '--json',
        '--',
        'sh',
        '-c',
        'sleep 0.05; echo end',
      );
      await killOne(world, pattern);
      const { stdout } = await enqueuing.ended;
      const id = /"jobId": "([^"]+)"/.exec(stdout)?.[1];
      if (id) told.push(id);
    }
    // What was never accepted is no job: it goes with the first sweep.
    await world.cli('sweep');
    const known = listJobIds(world.context().layout.jobs);
    assert.deepEqual(
      told.filter((id) => !known.includes(id)),
      [],
      'every id that was told is known',
    );
    for (const id of known) {
      const { facts } = await world.untilStage(id, 'finished');
      const ending = facts.outcome?.ending;
      assert.ok(ending && TRUE_ENDINGS[victim].includes(ending), `${id}: ${JSON.stringify(facts.outcome)}`);
      if (victim === 'the enqueuing command' && told.includes(id)) assert.equal(ending, 'completed', id);
      // The command itself was spared: where it got to its last word, the log has it.
      if (ending === 'completed') assert.match((await world.cli('logs', id)).stdout, /^end\n$/);
    }
    const status = await world.cli('status', '--json');
    assert.deepEqual(status.json.running, []);
    // A second look at what was never accepted: it is neither listed nor kept.
    await world.cli('sweep');
    const kept = listJobIds(world.context().layout.jobs);
    assert.deepEqual(
      told.filter((id) => !kept.includes(id)),
      [],
      'a sweep removes no accepted job',
    );
  });
}

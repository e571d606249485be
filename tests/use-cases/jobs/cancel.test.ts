/** A cancel that comes as the job ends by itself. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { PLACES } from '../../../scripts/places/places.ts';
import { jobFiles } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { cancel } from '../../../scripts/use-cases/jobs/cancel.ts';
import { findJob } from '../../../scripts/use-cases/reading/find-job.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const ENDS_WHEN_TOLD = 'until [ -e go ]; do sleep 0.05; done';

/** Cancels a job that ends by itself after the stop was asked for, and before anybody looked for its processes. */
async function cancelTooLate(t: TestContext, world: World, script: string) {
  const id = await world.run('sh', '-c', script);
  await world.untilStage(id, 'running');
  const job = findJob(world.context(), id);
  const files = jobFiles(jobDirectory(job.layout, id));
  const { stop } = PLACES.local;
  t.mock.method(PLACES.local, 'stop', async (...given: Parameters<typeof stop>) => {
    assert(existsSync(files.stop), 'the stop is asked for first');
    world.write('go', '');
    await until('its end is on record', () => existsSync(files.exit));
    return stop(...given);
  });
  const result = await cancel(job, { stop: { kind: 'user', by: 'the test' } });
  return { outcome: result.reading.facts.outcome, result };
}

test('a job that ends by itself before the first signal is not called cancelled', async (t) => {
  await using world = await aWorkspace();
  const { outcome } = await cancelTooLate(t, world, ENDS_WHEN_TOLD);
  assert.deepEqual([outcome?.ending, outcome?.exitCode], ['completed', 0]);
});

test('nor is one that fails then', async (t) => {
  await using world = await aWorkspace();
  const { outcome } = await cancelTooLate(t, world, `${ENDS_WHEN_TOLD}; exit 3`);
  assert.deepEqual([outcome?.ending, outcome?.exitCode], ['failed', 3]);
});

test('what such a job has left running is stopped, and its own end stands', async (t) => {
  await using world = await aWorkspace();
  const { outcome } = await cancelTooLate(t, world, `sleep 60 & ${ENDS_WHEN_TOLD}`);
  assert.equal(outcome?.ending, 'completed');
  assert.deepEqual(
    world.processes().filter(({ command }) => command.includes('sleep 60')),
    [],
  );
});

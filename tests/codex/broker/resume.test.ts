/** A job whose broker or app-server dies in mid-turn: resumed once where that repeats nothing, else told how to go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancel } from '../../../scripts/use-cases/jobs/cancel.ts';
import {
  logOf,
  outcomeOf,
  readyBroker,
  resultOf,
  task,
  untilNoBroker,
  untilTurnRuns,
} from '../../support/codex/codex-jobs.ts';
import { logWithoutWaits } from '../../support/codex/slow-steps.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const deaths = {
  broker: 'The broker in front of Codex was killed or died; the turn was ended with it.',
  appServer: 'codex app-server was ended by SIGKILL',
} as const;

for (const [part, why] of Object.entries(deaths) as [keyof typeof deaths, string][]) {
  test(`a killed ${part}: a read-only turn that did nothing yet is resumed on its thread, and the result says so`, async () => {
    await using world = await aWorkspace({ codex: { review: '[[hold]][[say:No findings.]]' } });
    const id = await task(world, '[[hold]][[say:done]]');
    world.write('new.txt', 'new\n');
    const review = await world.cli('review', '--background', '--json', '--base', 'main');
    await untilTurnRuns(world, id, review.json.jobId);
    process.kill((await readyBroker(world, 2)).pids[part], 'SIGKILL');
    for (const job of [id, review.json.jobId])
      await until(`${job} is resumed`, () => logOf(world, job).includes('the turn is resumed, once.'));
    world.codex.set({ review: '[[say:No findings.]]', released: true });
    for (const [job, said] of [
      [id, 'done'],
      [review.json.jobId, 'No findings.'],
    ]) {
      const reason = `The turn completed. It had been resumed once, after this: ${why.replace(/\.?$/, '.')}`;
      assert.deepEqual(await outcomeOf(world, job), { ending: 'completed', reason }, logOf(world, job));
      const { payload, rendered } = resultOf(world, job);
      assert.equal(payload.resumedAfter, why);
      assert.ok(rendered.startsWith(`${said}\n`) && rendered.includes(`Resumed once, after this: ${why}\n`));
      assert.match(logWithoutWaits(logOf(world, job)), /the turn is resumed, once\..*\n.*is ready\./);
    }
    const turns = world.codex.requests('turn/start').map(({ threadId }) => threadId);
    assert.deepEqual(turns, Array(2).fill(resultOf(world, id).payload.threadId));
    const resumes = world.codex.requests('thread/resume').map(({ threadId }) => threadId);
    assert.deepEqual(
      resumes.sort(),
      [id, review.json.jobId].map((job) => resultOf(world, job).payload.threadId).sort(),
    );
    await untilNoBroker(world);
  });
}

test('killed twice: it fails with both reasons and says how to go on', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]');
  await untilTurnRuns(world, id);
  process.kill((await readyBroker(world)).pids.broker, 'SIGKILL');
  await until('it is resumed', () => logOf(world, id).split('Turn started').length === 3);
  process.kill((await readyBroker(world)).pids.appServer, 'SIGKILL');
  const { ending, reason } = await outcomeOf(world, id);
  const { threadId } = resultOf(world, id).payload;
  assert.equal(ending, 'failed');
  assert.equal(
    reason,
    `${deaths.appServer}. It had been resumed once already, after this: ${deaths.broker} ${goOn(id, threadId)}`,
  );
  await untilNoBroker(world);
});

test('a thread that Codex will not resume: the job fails with both reasons and says how to go on', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]');
  await untilTurnRuns(world, id);
  world.codex.set({ refuse: { 'thread/resume': { code: -32_600, message: 'not today' } } });
  process.kill((await readyBroker(world)).pids.broker, 'SIGKILL');
  const { ending, reason } = await outcomeOf(world, id);
  assert.equal(ending, 'failed');
  const why = `${deaths.broker} Resuming failed: Codex refused thread/resume: not today.`;
  assert.equal(reason, `${why} ${goOn(id, resultOf(world, id).payload.threadId)}`);
  await untilNoBroker(world);
});

test('what may have had effects is not resumed, but its reason says how, and that works', async () => {
  await using world = await aWorkspace({ codex: {} });
  const jobs = [
    await task(world, '[[exec:true]][[hang]]', { write: true }),
    await task(world, '[[hang]]', { write: true }),
    await task(world, '[[exec:true]][[hang]]'),
  ];
  await untilTurnRuns(world, ...jobs);
  for (const id of [jobs[0] ?? '', jobs[2] ?? ''])
    await until('its command has run', () => /Running: .*true/.test(logOf(world, id)));
  process.kill((await readyBroker(world, 3)).pids.appServer, 'SIGKILL');
  for (const [index, id] of jobs.entries()) {
    const { ending, reason } = await outcomeOf(world, id);
    const { threadId } = resultOf(world, id).payload;
    assert.deepEqual(
      [ending, reason],
      ['failed', `${deaths.appServer}. ${goOn(id, threadId, index < 2 ? '--write ' : '')}`],
    );
  }
  assert.equal(world.codex.requests('turn/start').length, 3);
  const [id = ''] = jobs;
  const on = await world.cli('task', '--write', '--resume', id, '--json', '[[say:went on]]');
  assert.equal(on.json.rawOutput, 'went on', on.stderr);
  assert.equal(on.json.threadId, resultOf(world, id).payload.threadId);
  await untilNoBroker(world);
});

for (const part of ['broker', 'appServer'] as const)
  test(`a killed ${part}: a command that Codex had begun but not told of is not run again`, async () => {
    await using world = await aWorkspace({ codex: { review: '[[untold:exec sleep 294]]' } });
    const id = await task(world, '[[untold:exec sleep 293]]');
    world.write('new.txt', 'new\n');
    const review = await world.cli('review', '--background', '--json', '--base', 'main');
    const commands = () => world.processes().filter(({ command }) => /^sleep 29[34]$/.test(command));
    await until('both commands run', () => commands().length === 2);
    process.kill((await readyBroker(world, 2)).pids[part], 'SIGKILL');
    for (const job of [id, review.json.jobId]) {
      const { ending, reason } = await outcomeOf(world, job);
      const why = deaths[part].replace(/\.?$/, '.');
      assert.deepEqual([ending, reason], ['failed', `${why} ${goOn(job, threadOf(world, job))}`]);
    }
    assert.equal(startsOf(world) + world.codex.requests('review/start').length, 2);
    await until('no command runs', () => commands().length === 0);
    await untilNoBroker(world);
  });

test('a job that is being cancelled, or is past its deadline, is not resumed', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[stubborn]][[hang]]');
  await untilTurnRuns(world, id);
  const { pids } = await readyBroker(world);
  const { layout } = world.context();
  const cancelling = cancel({ id, layout }, { stop: { kind: 'user', by: 'the test' } });
  await until('the turn is being stopped', () => world.codex.requests('turn/interrupt').length > 0);
  process.kill(pids.appServer, 'SIGKILL');
  assert.equal((await cancelling).kind, 'cancelled');
  assert.equal((await outcomeOf(world, id)).ending, 'cancelled');

  const late = await task(world, '[[hang]]', { limits: { deadlineSeconds: 8, stallSeconds: 0 } });
  await untilTurnRuns(world, late);
  process.kill((await readyBroker(world)).pids.broker, 'SIGKILL');
  const outcome = await outcomeOf(world, late);
  assert.deepEqual(outcome, { ending: 'timed-out', reason: 'Stopped at its deadline of 8 s.' });
  assert.equal(
    startsOf(world),
    3,
    'one for the cancelled, two for the late one, whose deadline is the whole job’s',
  );
  await untilNoBroker(world);
});

function goOn(id: string, threadId: unknown, flags = ''): string {
  return `Go on with \`codex-companion task ${flags}--resume ${id}\`, or in Codex: \`codex resume ${threadId}\`.`;
}

function threadOf(world: World, id: string): unknown {
  return resultOf(world, id).payload.threadId;
}

function startsOf(world: World): number {
  return world.codex.requests('turn/start').length;
}

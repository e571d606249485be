/** The worker of a Codex job, from claim to outcome: the built bundle, a real broker, a fake Codex. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { jobFiles, readThreadNote } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { cancel } from '../../../scripts/use-cases/jobs/cancel.ts';
import { enqueue, type JobDraft } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { readJob } from '../../../scripts/use-cases/reading/read-job.ts';
import {
  brokers,
  logOf,
  outcomeOf,
  readyBroker,
  resultOf,
  task,
  untilNoBroker,
  untilTurnRuns,
} from '../../support/codex/codex-jobs.ts';
import { logWithoutWaits, WAITING_FOR_CODEX, withoutWaits } from '../../support/codex/slow-steps.ts';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const completed = { ending: 'completed', reason: 'The turn completed.' };

test('a task leaves its result, its thread, its progress and a log for people', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[reason:**Looking**]][[exec:true]][[say:It is\n"done".]]');
  assert.deepEqual(await outcomeOf(world, id), completed, logOf(world, id));
  const { payload, rendered } = resultOf(world, id);
  const { threadId } = payload;
  assert.deepEqual(payload, {
    status: 0,
    threadId,
    rawOutput: 'It is\n"done".',
    touchedFiles: [],
    reasoningSummary: ['**Looking**'],
  });
  assert.equal(rendered, `It is\n"done".\n\nResume in Codex: codex resume ${threadId}\n`);
  const files = jobFiles(directory(world, id));
  const note = readThreadNote(directory(world, id));
  assert.equal(note?.threadId, threadId);
  const told = readFileSync(files.progress, 'utf8').trim().split('\n');
  const progress = withoutWaits(told.map((line) => JSON.parse(line)));
  assert.deepEqual(progress[1], { ...progress[1], phase: 'starting', threadId, turnId: note?.turnId });
  assert.match(
    logWithoutWaits(logOf(world, id)),
    /^\[\d\d:\d\d:\d\d\] Thread .* is ready\.\n.*Exit 0: .*The turn completed\.\n$/s,
  );
  for (const file of [files.progress, files.result, files.rendered, files.exit, files.log])
    assert.equal(statSync(file).mode & 0o777, 0o600, file);
  await untilNoBroker(world);
});

test('a thread is free for the next job the moment the first one is finished', async () => {
  await using world = await aWorkspace({ codex: {} });
  const first = await task(world, '[[say:one]]');
  await outcomeOf(world, first);
  const { threadId } = resultOf(world, first).payload;
  const second = await task(world, '[[say:two]]', { resumeThreadId: String(threadId), write: true });
  assert.deepEqual(await outcomeOf(world, second), completed, logOf(world, second));
  assert.equal(resultOf(world, second).payload.threadId, threadId);
  await untilNoBroker(world);
});

test('a review gives Codex’s words, an adversarial one a verdict in the agreed form', async () => {
  const verdict = {
    verdict: 'needs-attention',
    summary: 'Not yet.',
    findings: [finding('low', 'A', 3, 3), finding('critical', 'B', 7, 9)],
    next_steps: ['Fix B.'],
  };
  await using world = await aWorkspace({ codex: { review: '[[say:No findings.]]' } });
  world.write('new.txt', 'text\n');
  const target = { mode: 'working-tree', label: 'working tree diff', explicit: false } as const;
  const review = await enqueueDraft(world, { kind: 'review', spec: { target, model: null, focus: '' } });
  assert.deepEqual(await outcomeOf(world, review), completed, logOf(world, review));
  const { threadId } = resultOf(world, review).payload;
  const codex = { status: 0, stderr: '', stdout: 'No findings.', reasoning: [] };
  assert.deepEqual(resultOf(world, review).payload, {
    ...{ review: 'Review', target, threadId, sourceThreadId: threadId, codex },
  });

  const focus = `races [[say:${JSON.stringify(verdict)}]]`;
  const hard = await enqueueDraft(world, {
    kind: 'adversarial-review',
    spec: { target, model: null, focus },
  });
  assert.deepEqual(await outcomeOf(world, hard), completed, logOf(world, hard));
  const { payload, rendered } = resultOf(world, hard);
  assert.deepEqual([payload.result, payload.parseError], [verdict, null]);
  assert.deepEqual(payload.context, {
    repoRoot: world.workspace,
    branch: 'main',
    summary: 'working tree diff\nUntracked:\nnew.txt',
  });
  assert.match(
    rendered,
    /^Verdict: needs-attention\nNot yet\.\n\n\[critical\] B\na\.ts:7-9\n.*\[low\] A\na\.ts:3\n/s,
  );
  const { outputSchema } = world.codex.requests('turn/start').at(-1) ?? {};
  const { required } = outputSchema as { required: string[] };
  assert.deepEqual(required, ['verdict', 'summary', 'findings', 'next_steps']);
  await untilNoBroker(world);
});

test('a turn that fails fails the job with Codex’s reason, and what it had is kept', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[fail:rate_limit_exceeded|Come back later.]]');
  const { ending, reason } = await outcomeOf(world, id);
  assert.equal(ending, 'failed');
  assert.match(reason ?? '', /Come back later/);
  assert.equal(resultOf(world, id).payload.status, 1);
  await untilNoBroker(world);
});

test('no codex on PATH fails the job and says how to get it', async () => {
  await using world = await aWorkspace({});
  const { ending, reason } = await outcomeOf(world, await task(world, 'anything'));
  assert.equal(ending, 'failed');
  assert.match(reason ?? '', /No `codex` program on PATH\. \(npm install -g @openai\/codex/);
  assert.deepEqual(brokers(world), []);
});

test('cancelling ends the turn and the command it runs', async () => {
  await using world = await aWorkspace({ codex: {} });
  const mark = `${world.folder}/sleeper`;
  const id = await task(world, `[[exec:exec -a ${mark} sleep 300]][[hang]]`, { write: true });
  const running = () => survivors(mark).some(({ command }) => command.startsWith(mark));
  await until('the command runs', running);
  const { layout } = world.context();
  const result = await cancel({ id, layout }, { stop: { kind: 'user', by: 'the test' } });
  assert.equal(result.kind, 'cancelled');
  assert.equal(running(), false);
  assert.deepEqual(await outcomeOf(world, id), {
    ending: 'cancelled',
    reason: 'Cancelled by the test; the turn was interrupted.',
  });
  await untilNoBroker(world);
});

test('cancelling works while the broker is being started, and against a turn that ignores interrupts', async () => {
  await using world = await aWorkspace({ codex: { mute: 'initialize' } });
  const { layout } = world.context();
  const stop = { kind: 'user', by: 'the test' } as const;
  const early = await task(world, '[[say:never]]');
  await until('a broker is being started', () => brokers(world)[0]?.stage === 'starting');
  const cancelled = await cancel({ id: early, layout }, { stop });
  // A worker that waited for the app-server, which never comes up, would have been killed.
  assert.ok(cancelled.kind === 'cancelled' && cancelled.interrupted, JSON.stringify(cancelled));
  await untilNoBroker(world);

  world.codex.set({});
  const stubborn = await task(world, '[[stubborn]][[hang]]');
  await untilTurnRuns(world, stubborn);
  assert.equal((await cancel({ id: stubborn, layout }, { stop })).kind, 'cancelled');
  await untilNoBroker(world);
});

// At once, because they mostly wait.
describe('the limits of a job', { concurrency: true }, () => {
  for (const [limits, reason] of [
    [{ deadlineSeconds: 3, stallSeconds: 0 }, 'Stopped at its deadline of 3 s.'],
    [{ deadlineSeconds: 0, stallSeconds: 3 }, 'Stopped after 3 s without a sign of life from Codex.'],
  ] as const)
    test(`a Codex that does not come up is waited for until the job's own limit: ${reason}`, async () => {
      await using world = await aWorkspace({ codex: { mute: 'initialize' } });
      const id = await task(world, '[[say:never]]', { limits });
      assert.deepEqual(await outcomeOf(world, id), { ending: 'timed-out', reason });
      assert.ok(logOf(world, id).includes(WAITING_FOR_CODEX), logOf(world, id));
      await untilNoBroker(world);
      assert.deepEqual(world.processes(), []);
    });

  test('a limit ends the job and is named: the deadline is the job’s, a stall is silence', async () => {
    await using world = await aWorkspace({ codex: {} });
    // The limit of a stall holds for the start of Codex, too, which takes seconds on a loaded machine: here it is up.
    const holder = await task(world, '[[hang]]');
    await untilTurnRuns(world, holder);
    const late = await task(world, '[[hang]]', { limits: { deadlineSeconds: 4, stallSeconds: 0 } });
    const stalls = { deadlineSeconds: 0, stallSeconds: 4 };
    const silent = await task(world, '[[hang]]', { limits: stalls });
    const busy = await task(world, '[[exec:sleep 6]][[say:done]]', { limits: stalls });
    assert.deepEqual(await outcomeOf(world, late), {
      ending: 'timed-out',
      reason: 'Stopped at its deadline of 4 s.',
    });
    assert.deepEqual(await outcomeOf(world, silent), {
      ending: 'timed-out',
      reason: 'Stopped after 4 s without a sign of life from Codex.',
    });
    assert.deepEqual(await outcomeOf(world, busy), completed, 'a long command is no stall');
    await cancel({ id: holder, layout: world.context().layout }, { stop: { kind: 'user', by: 'the test' } });
    await untilNoBroker(world);
  });
});

test('SIGTERM to a worker ends its turn, and the job says so', async () => {
  await using world = await aWorkspace({ codex: {} });
  const id = await task(world, '[[hang]]');
  await untilTurnRuns(world, id);
  const [{ holder } = { holder: undefined }] = (await readyBroker(world)) && leases(world);
  process.kill(holder?.pid ?? 0, 'SIGTERM');
  assert.deepEqual(await outcomeOf(world, id), {
    ending: 'failed',
    reason: 'The worker was ended by SIGTERM.',
  });
  const { threadId } = readThreadNote(directory(world, id)) ?? {};
  assert.ok(world.codex.requests('turn/interrupt').some((params) => params.threadId === threadId));
  await untilNoBroker(world);
});

test('a job outside git completes, also when its directory is deleted under it', async () => {
  await using world = await aWorkspace({ codex: {}, git: false });
  const { layout } = world.context();
  const id = await task(world, '[[hold]][[say:fine]]');
  await untilTurnRuns(world, id);
  rmSync(world.workspace, { recursive: true });
  world.codex.set({ released: true });
  const outcome = await until('it has ended', () => readJob(layout, id).facts.outcome);
  assert.equal(outcome.ending, 'completed', outcome.reason);
  await until('the broker is gone', () => world.processes().length === 0);
  assert.deepEqual(readState(layout).brokers, []);
});

function directory(world: World, id: string): string {
  return jobDirectory(world.context().layout, id);
}

function leases(world: World) {
  return readState(world.context().layout).leases;
}

function finding(severity: string, title: string, from: number, to: number) {
  return {
    ...{ severity, title, body: 'It breaks.', file: 'a.ts', line_start: from, line_end: to },
    ...{ confidence: 0.9, recommendation: 'Mend it.' },
  };
}

async function enqueueDraft(world: World, kind: Pick<JobDraft, 'kind' | 'spec'>): Promise<string> {
  const draft = {
    ...{ title: 'Review', summary: 'a review', background: true, origin: null },
    ...{ limits: { deadlineSeconds: 0, stallSeconds: 0 }, ...kind },
  } as JobDraft;
  return (await enqueue(world.context(), draft)).id;
}

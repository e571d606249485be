import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import type { Claim, Evidence, ExitRecord, JobOutcome } from '../../../scripts/domain/job/evidence.ts';
import type { JobRequest, StopRequest } from '../../../scripts/domain/job/job.ts';
import { stateOf } from '../../../scripts/domain/job/job-state.ts';
import { decideOutcome } from '../../../scripts/domain/job/outcome.ts';
import { briefOutcome, durationOf } from '../../../scripts/domain/job/outcome-text.ts';

const worker: ProcessIdentity = { machine: 'm', boot: 'b', pidNamespace: 'n', pid: 4711, start: '99' };
const createdAt = '2026-01-01T00:00:00.000Z';
const claimedAt = '2026-01-01T00:00:01.000Z';
const endedAt = '2026-01-01T00:00:09.000Z';
const now = '2026-01-01T00:01:00.000Z';

const request: JobRequest = {
  version: 1,
  id: 'run-abcdefgh-ijklmnop',
  kind: 'run',
  title: 'Run',
  summary: 'true',
  background: true,
  createdAt,
  workspaceRoot: '/w',
  cwd: '/w',
  origin: null,
  limits: { deadlineSeconds: 60, stallSeconds: 5 },
  place: 'local',
  enqueuedBy: worker,
  node: '/node',
  runtime: '/runtime',
  spec: { argv: ['true'] },
};
const codexRequest: JobRequest = {
  ...request,
  kind: 'task',
  spec: { prompt: 'p', write: false, model: null, effort: null, resumeThreadId: null },
};

const claims: Record<string, Claim | null> = {
  none: null,
  worker: { kind: 'worker', worker, at: claimedAt },
  cancelled: { kind: 'cancelled', stop: { kind: 'user', by: 'you', at: claimedAt }, at: claimedAt },
  abandoned: { kind: 'abandoned', reason: 'It never started.', at: claimedAt },
};
const stops: Record<string, StopRequest | null> = {
  none: null,
  user: { kind: 'user', by: 'you', at: endedAt },
  limit: { kind: 'limit', by: 'its stall limit', at: endedAt, limit: 'stall' },
};
const exits: Record<string, ExitRecord | null> = {
  none: null,
  zero: { kind: 'status', status: 0, at: endedAt },
  three: { kind: 'status', status: 3, at: endedAt },
  deadline: { kind: 'status', status: 143, limit: 'deadline', at: endedAt },
  notFound: { kind: 'not-started', error: 'not-found', message: 'nope: not found', at: endedAt },
  turnCompleted: { kind: 'turn', turn: 'completed', reason: 'The turn completed.', at: endedAt },
  turnFailed: { kind: 'turn', turn: 'failed', reason: 'Codex said no.', at: endedAt },
  turnTimedOut: { kind: 'turn', turn: 'timed-out', reason: 'Too long.', limit: 'deadline', at: endedAt },
  turnInterrupted: { kind: 'turn', turn: 'interrupted', reason: 'Interrupted.', at: endedAt },
};

function evidence(parts: Partial<Evidence>): Evidence {
  return {
    request,
    claim: null,
    stop: null,
    signalled: true,
    exit: null,
    outcome: null,
    worker: 'none',
    remaining: 0,
    leftBehind: 0,
    now,
    ...parts,
  };
}

/** What is on disk, and whether the claiming worker lives; `*` is any. */
interface Row {
  claim: string;
  stop: string;
  exit: string;
  worker: string;
}

/** claim, stop, exit, worker → the ending. Every combination that can be on disk is in exactly one row. */
const DECISIONS: [claim: string, stop: string, exit: string, worker: string, ending: string][] = [
  ['none', '*', 'none', 'none', 'undecided'],
  ['cancelled', '*', 'none', 'none', 'cancelled'],
  ['abandoned', '*', 'none', 'none', 'failed'],
  ['worker', '*', 'none', 'alive', 'undecided'],
  ['worker', '*', 'none', 'unprovable', 'undecided'],
  ['worker', 'none', 'none', 'dead', 'lost'],
  ['worker', 'user', 'none', 'dead', 'cancelled'],
  ['worker', 'limit', 'none', 'dead', 'timed-out'],
  ['worker', 'none', 'zero', '*', 'completed'],
  ['worker', 'user', 'zero', '*', 'cancelled'],
  ['worker', 'limit', 'zero', '*', 'timed-out'],
  ['worker', 'none', 'three', '*', 'failed'],
  ['worker', 'user', 'three', '*', 'cancelled'],
  ['worker', 'limit', 'three', '*', 'timed-out'],
  ['worker', '*', 'deadline', '*', 'timed-out'],
  ['worker', 'none', 'notFound', '*', 'failed'],
  ['worker', 'user', 'notFound', '*', 'cancelled'],
  ['worker', 'limit', 'notFound', '*', 'timed-out'],
  ['worker', '*', 'turnCompleted', '*', 'completed'],
  ['worker', '*', 'turnFailed', '*', 'failed'],
  ['worker', '*', 'turnTimedOut', '*', 'timed-out'],
  ['worker', 'none', 'turnInterrupted', '*', 'failed'],
  ['worker', 'user', 'turnInterrupted', '*', 'cancelled'],
  ['worker', 'limit', 'turnInterrupted', '*', 'timed-out'],
];

/** Only a worker's claim has a worker, and only a worker leaves an exit record. */
function possibleRows(): Row[] {
  const workers = ['none', 'alive', 'dead', 'unprovable'];
  const all = Object.keys(claims).flatMap((claim) =>
    Object.keys(stops).flatMap((stop) =>
      Object.keys(exits).flatMap((exit) => workers.map((worker) => ({ claim, stop, exit, worker }))),
    ),
  );
  return all.filter(({ claim, exit, worker }) =>
    claim === 'worker' ? worker !== 'none' : exit === 'none' && worker === 'none',
  );
}

function covers([claim, stop, exit, worker]: (typeof DECISIONS)[number], row: Row): boolean {
  const matches = (pattern: string, value: string) => pattern === '*' || pattern === value;
  return (
    matches(claim, row.claim) &&
    matches(stop, row.stop) &&
    matches(exit, row.exit) &&
    matches(worker, row.worker)
  );
}

test('every combination of evidence has one decision', () => {
  for (const row of possibleRows())
    assert.equal(DECISIONS.filter((decision) => covers(decision, row)).length, 1, JSON.stringify(row));
});

for (const decision of DECISIONS) {
  const [claim, stop, exit, worker, ending] = decision;
  test(`claim ${claim}, stop ${stop}, exit ${exit}, worker ${worker}: ${ending}`, () => {
    for (const row of possibleRows().filter((one) => covers(decision, one))) {
      const record = exits[row.exit] ?? null;
      const asked: JobRequest[] =
        record === null ? [request, codexRequest] : [record.kind === 'turn' ? codexRequest : request];
      for (const job of asked) {
        const seen = evidence({
          request: job,
          claim: claims[row.claim] ?? null,
          stop: stops[row.stop] ?? null,
          exit: record,
          worker: row.worker as Evidence['worker'],
        });
        assert.equal(
          decideOutcome(seen)?.ending ?? 'undecided',
          ending,
          `${job.kind} ${JSON.stringify(row)}`,
        );
      }
    }
  });
}

test('a request that came too late for a signal cancels nothing: the job ended by itself', () => {
  const by = (stop: string, exit: string) =>
    decideOutcome(
      evidence({
        claim: claims.worker ?? null,
        stop: stops[stop] ?? null,
        exit: exits[exit] ?? null,
        worker: 'dead',
        signalled: false,
      }),
    );
  assert.equal(by('user', 'zero')?.ending, 'completed');
  assert.deepEqual([by('user', 'three')?.ending, by('user', 'three')?.exitCode], ['failed', 3]);
  assert.equal(by('user', 'notFound')?.ending, 'failed');
  assert.equal(by('limit', 'zero')?.ending, 'timed-out', 'a limit also holds for what the job waits for');
});

test('a committed outcome is the answer for ever, whatever else is found', () => {
  const outcome: JobOutcome = {
    ending: 'cancelled',
    by: 'you',
    startedAt: claimedAt,
    finishedAt: endedAt,
    reason: 'Cancelled by you.',
    exitCode: null,
    signal: null,
    stillRunning: 0,
  };
  const seen = evidence({ claim: claims.worker ?? null, exit: exits.zero ?? null, worker: 'dead', outcome });
  assert.equal(decideOutcome(seen), outcome);
  assert.deepEqual(stateOf(seen), { stage: 'finished', enqueuedAt: createdAt, outcome });
});

test('a shell job whose wrapper was killed runs on until its last process is gone', () => {
  const seen = evidence({ claim: claims.worker ?? null, worker: 'dead', remaining: 2 });
  assert.equal(decideOutcome(seen), undefined);
  assert.equal(stateOf(seen).stage, 'running');
});

test('a shell job that is being stopped has ended when its last process has', () => {
  const seen = { claim: claims.worker ?? null, exit: exits.zero ?? null, worker: 'dead' as const };
  const halfway = evidence({ ...seen, stop: stops.user ?? null, remaining: 2 });
  assert.equal(decideOutcome(halfway), undefined);
  assert.equal(stateOf(halfway).stage, 'stopping');
  assert.equal(decideOutcome({ ...halfway, remaining: 0 })?.ending, 'cancelled');
  assert.equal(decideOutcome({ ...halfway, stop: null })?.stillRunning, 2, 'its children are its own affair');
});

test('a Codex job does not outlive its worker, and says what is still running', () => {
  const seen = evidence({
    request: codexRequest,
    claim: claims.worker ?? null,
    worker: 'dead',
    remaining: 2,
  });
  assert.deepEqual(decideOutcome(seen), {
    ending: 'lost',
    startedAt: claimedAt,
    finishedAt: now,
    noticed: { after: claimedAt, by: now },
    reason: `The worker ended without recording how; the exit status is unknown. It ended between ${claimedAt} and ${now}, when that was noticed.`,
    exitCode: null,
    signal: null,
    stillRunning: 2,
  });
});

test('a status of 143 is told as the two things that it can be', () => {
  const exit: ExitRecord = { kind: 'status', status: 143, at: endedAt };
  const outcome = decideOutcome(evidence({ claim: claims.worker ?? null, worker: 'dead', exit }));
  assert.equal(outcome?.exitCode, 143);
  assert.equal(outcome?.signal, 'SIGTERM');
  assert.match(outcome?.reason ?? '', /either `exit 143` or SIGTERM; its shell cannot tell/);
});

const HOW: [ExitRecord & { kind: 'status' }, words: string, brief: string][] = [
  [{ kind: 'status', status: 128, at: endedAt }, 'exited 128', 'failed (exit 128)'],
  [{ kind: 'status', status: 143, signal: 'TERM', at: endedAt }, 'ended by SIGTERM', 'failed (SIGTERM)'],
  [{ kind: 'status', status: 144, signal: '16', at: endedAt }, 'ended by signal 16', 'failed (signal 16)'],
  [
    { kind: 'status', status: 137, signal: 'none', at: endedAt },
    'exited 137 (by itself; a shell does so when SIGKILL has ended its child)',
    'failed (exit 137)',
  ],
  [{ kind: 'status', status: 255, signal: 'none', at: endedAt }, 'exited 255', 'failed (exit 255)'],
  [
    { kind: 'status', status: 137, signal: 'KILL', oomKills: 1, at: endedAt },
    'ended by SIGKILL, probably for lack of memory: the kernel killed a process of its control group for that meanwhile',
    'failed (SIGKILL)',
  ],
  [
    { kind: 'status', status: 1, oomKills: 2, at: endedAt },
    'exited 1, possibly because memory ran out: the kernel killed 2 processes of its control group for that meanwhile',
    'failed (exit 1)',
  ],
];

for (const [exit, words, brief] of HOW) {
  test(`it says: ${words}`, () => {
    const outcome = decideOutcome(evidence({ claim: claims.worker ?? null, worker: 'dead', exit }));
    assert.deepEqual([outcome?.reason, outcome && briefOutcome(outcome)], [words, brief]);
  });
}

test('a job reads stopping from the stop request on, until its end is on record', () => {
  const claim = claims.worker ?? null;
  const stop = stops.user ?? null;
  assert.equal(stateOf(evidence({ claim, stop, worker: 'alive' })).stage, 'stopping');
  assert.equal(
    stateOf(evidence({ claim, stop, exit: exits.zero ?? null, worker: 'alive' })).stage,
    'running',
  );
});

test('an end that nobody saw lies between the last sign of life and the look, and says no more', () => {
  const lastSign = new Date(Date.parse(claimedAt) + 1).toISOString();
  const seen = evidence({ claim: claims.worker ?? null, worker: 'dead', lastSign });
  const outcome = decideOutcome(seen);
  assert.deepEqual(outcome?.noticed, { after: lastSign, by: now });
  assert.equal(outcome?.reason.includes('killed'), false);
  assert.equal(outcome && durationOf(outcome), null);
});

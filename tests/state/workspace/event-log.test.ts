import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CompanionError } from '../../../scripts/domain/base/errors.ts';
import type { JobEvent } from '../../../scripts/domain/workspace/job-event.ts';
import {
  indexEntry,
  type WorkspaceState,
  withFinishedJob,
  withJob,
} from '../../../scripts/domain/workspace/workspace-state.ts';
import { commitOutcome } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../../scripts/state/layout.ts';
import { appendEvents, readEvents } from '../../../scripts/state/workspace/event-log.ts';
import { readState, update } from '../../../scripts/state/workspace/store.ts';
import { beginAt } from '../../../scripts/use-cases/following/follow-events.ts';
import { aJobOnDisk, aLayout, aRequest } from '../../support/requests.ts';
import { scratch } from '../../support/scratch.ts';

const at = '2026-01-02T03:04:05.000Z';
const started = (jobId: string): JobEvent => ({ at, type: 'started', jobId });
const completed = {
  ...{ ending: 'completed' as const, startedAt: at, finishedAt: at, reason: 'exited 0' },
  ...{ exitCode: 0, signal: null, stillRunning: 0 },
};

function told(layout: WorkspaceLayout, from = 0): string[] {
  return [...readEvents(layout, from, readState(layout).events.end)].map(({ json }) => {
    const { type, jobId } = JSON.parse(json);
    return `${type} ${jobId}`;
  });
}

async function enqueued(layout: WorkspaceLayout): Promise<string> {
  const job = aJobOnDisk(layout);
  await update(layout, (state) => withJob(state, indexEntry(job)));
  return job.id;
}

async function ended(layout: WorkspaceLayout, id: string): Promise<void> {
  commitOutcome(jobDirectory(layout, id), completed);
  await update(layout, (state) => withFinishedJob(state, id, completed));
}

const lifeOf = (id: string) => [`queued ${id}`, `started ${id}`, `ended ${id}`];

test('an event is told by the change of the state that it comes from, once', async () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  const id = await enqueued(layout);
  await ended(layout, id);
  await ended(layout, id);
  assert.deepEqual(told(layout), lifeOf(id));
  assert.equal('unsaid' in readState(layout), false);
});

test('what was written and not committed does not exist, and is cut off by the next event', async () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  const id = await enqueued(layout);
  const file = join(layout.directory, 'events.jsonl');
  // As left by a writer that was killed before the state was in place.
  appendFileSync(file, `${JSON.stringify(started('run-never-told'))}\n{"half":`);
  assert.deepEqual(told(layout), [`queued ${id}`]);
  await ended(layout, id);
  assert.deepEqual(told(layout), lifeOf(id));
  assert.equal(statSync(file).size, readState(layout).events.end);
});

test('a job that comes into the index finished, as an import does, tells nothing', async () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  const entry = { ...indexEntry(aRequest(layout)), finished: completed };
  await update(layout, (state) => withJob(state, entry));
  assert.deepEqual(told(layout), []);
});

test('the events are bounded: old pieces go, numbers go on, and who asks for what is gone is told the oldest', () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  const size = Buffer.byteLength(`${JSON.stringify(started('run-aaaa-0000'))}\n`);
  let end = 0;
  for (let count = 0; count < 40; count++) {
    const id = `run-aaaa-${String(count).padStart(4, '0')}`;
    end = appendEvents(layout, end, [started(id)], { bytes: 4 * size, pieces: 3 });
  }
  assert.equal(end, 40 * size);
  const bases = readdirSync(layout.directory).filter((name) => name.startsWith('events'));
  assert.equal(bases.length, 3, bases.join(' '));
  const oldest = Math.min(...bases.map((name) => Number(name.split('.')[1])));
  const read = [...readEvents(layout, oldest, end)];
  assert.equal(read.length, (end - oldest) / size);
  assert.deepEqual([read[0]?.seq, read.at(-1)?.next], [oldest, end]);
  assert.equal(JSON.parse(read.at(-1)?.json ?? '').jobId, 'run-aaaa-0039');
  const isGone = (error: unknown) =>
    error instanceof CompanionError &&
    error.code === 'events-gone' &&
    error.message === `Events ${size} to ${oldest} are not kept any more.`;
  assert.throws(() => [...readEvents(layout, size, end)], isGone);
});

test('a number beyond the end, or in the middle of a line, is refused with one that can be used', async () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  assert.equal(beginAt(layout, undefined), 0);
  await enqueued(layout);
  const { end } = readState(layout).events;
  await enqueued(layout);
  const all = readState(layout).events.end;
  assert.deepEqual([beginAt(layout, 0), beginAt(layout, end), beginAt(layout, all)], [0, end, all]);
  const refusedFor = (from: number, use: number) => {
    const refused = (error: unknown) =>
      error instanceof CompanionError && error.code === 'usage' && error.hint?.startsWith(`--from ${use},`);
    assert.throws(() => beginAt(layout, from), refused, String(from));
  };
  refusedFor(end + 1, end);
  refusedFor(end - 1, 0);
  refusedFor(all + 1, all);
});

const LOSSES: Record<string, (layout: WorkspaceLayout) => void> = {
  'is damaged': (layout) => writeFileSync(layout.stateFile, '{"version":2'),
  'is gone': (layout) => rmSync(layout.stateFile),
};

for (const [how, lose] of Object.entries(LOSSES)) {
  test(`a state that ${how}: told events stay and are not repeated, untold ones are told`, async () => {
    using folder = scratch('events');
    const layout = aLayout(folder.path);
    const [over, running, dying] = [await enqueued(layout), await enqueued(layout), await enqueued(layout)];
    await ended(layout, over);
    const before = told(layout);
    const { end } = readState(layout).events;
    const bytes = readFileSync(join(layout.directory, 'events.jsonl'));
    // Neither the index nor the events know of these two.
    const late = aJobOnDisk(layout).id;
    commitOutcome(jobDirectory(layout, dying), completed);
    lose(layout);
    await update(layout, (state: WorkspaceState) => state);

    assert.deepEqual(told(layout), [...before, `queued ${late}`, `started ${dying}`, `ended ${dying}`]);
    assert.deepEqual(told(layout, end), [`queued ${late}`, `started ${dying}`, `ended ${dying}`]);
    assert.deepEqual(
      readFileSync(join(layout.directory, 'events.jsonl')).subarray(0, bytes.length),
      bytes,
      'numbers that were given out still stand for the same events',
    );
    await ended(layout, running);
    assert.deepEqual(told(layout).slice(-2), lifeOf(running).slice(1));
  });
}

test('events that are lost while the state knows of them are said to be gone, and the next ones are told', async () => {
  using folder = scratch('events');
  const layout = aLayout(folder.path);
  const id = await enqueued(layout);
  const { end } = readState(layout).events;
  rmSync(join(layout.directory, 'events.jsonl'));
  await ended(layout, id);
  assert.deepEqual(told(layout, end), lifeOf(id).slice(1));
  assert.throws(() => told(layout, 0), /Events 0 to \d+ are not kept any more/);
  assert.equal(beginAt(layout, undefined), end);
});

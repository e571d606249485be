import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from './world.ts';

export const DONE = 'task-mwq1qhx3-ggnd7q';
export const FAILED = 'review-mwq1qi0p-ktltbl';
export const RUNNING = 'task-mwq1qi5q-qa89ck';
export const CANCELLED = 'review-mwq1qi44-7q7sn8';

/** Records as 1.0.5 writes them: [in state.json, in jobs/<id>.json]. */
const at = (second: number) => `2026-11-21T06:48:0${second}.000Z`;
const base = {
  createdAt: at(1),
  startedAt: at(2),
  updatedAt: at(3),
  sessionId: 'old-session',
  workspaceRoot: '/w',
};
const aTask = {
  ...base,
  kind: 'task',
  kindLabel: 'rescue',
  jobClass: 'task',
  title: 'Codex Task',
  write: true,
};
const aReview = { ...base, kind: 'review', kindLabel: 'review', jobClass: 'review', title: 'Codex Review' };
export const done = {
  ...aTask,
  id: DONE,
  summary: 'fix it',
  status: 'completed',
  threadId: 'th-1',
  turnId: 'tu-1',
  completedAt: at(3),
};
export const payload = {
  status: 0,
  threadId: 'th-1',
  rawOutput: 'the answer',
  touchedFiles: ['a.ts'],
  reasoningSummary: [],
};
const records: [object, object][] = [
  [
    done,
    {
      ...done,
      request: { prompt: "it's\nthe prompt", model: 'm', effort: null },
      result: payload,
      rendered: 'the answer\n',
    },
  ],
  [
    { ...aReview, id: FAILED, summary: 'Review', status: 'running' },
    { ...aReview, id: FAILED, status: 'failed', completedAt: at(4), errorMessage: 'boom' },
  ],
  [{ ...aTask, id: RUNNING, summary: 'long', status: 'running', pid: 1 }, {}],
  [
    {
      ...aReview,
      id: CANCELLED,
      kind: 'adversarial-review',
      summary: 'Adv',
      status: 'cancelled',
      completedAt: at(5),
      errorMessage: 'Cancelled by user.',
    },
    {},
  ],
];

/** Writes a state of 1.0.5 and returns its directory. */
export function oldState(
  world: World,
  place: string,
  jobs: [unknown, unknown][] = records,
  gate = true,
): string {
  const directory = join(place, world.context().layout.directory.split('/').at(-1) ?? '');
  mkdirSync(join(directory, 'jobs'), { recursive: true });
  const state = { version: 1, config: { stopReviewGate: gate }, jobs: jobs.map(([indexed]) => indexed) };
  writeFileSync(join(directory, 'state.json'), JSON.stringify(state, null, 2));
  for (const [, stored] of jobs) {
    const id = (stored as { id?: unknown } | null)?.id;
    if (typeof id === 'string') writeFileSync(join(directory, 'jobs', `${id}.json`), JSON.stringify(stored));
  }
  return directory;
}

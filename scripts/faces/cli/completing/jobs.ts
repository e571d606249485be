import { existsSync } from 'node:fs';
import { compareText } from '../../../domain/base/order.ts';
import { nameOf, WORDS } from '../../../domain/workspace/reference.ts';
import type { IndexedJob } from '../../../domain/workspace/workspace-state.ts';
import type { WorkspaceLayout } from '../../../state/layout.ts';
import { readState } from '../../../state/workspace/store.ts';
import type { Candidate } from './candidate.ts';

/**
 * How the jobs of a workspace can be called, by its index alone: nothing is settled or written for it, so one whose worker
 * has just died counts as live. Ids are offered where one is begun.
 */
export function jobCandidates(
  layout: WorkspaceLayout,
  which: 'jobs' | 'live-jobs',
  current: string,
): Candidate[] {
  if (!existsSync(layout.directory)) return [];
  const jobs = readState(layout)
    .jobs.filter(({ finished }) => which === 'jobs' || finished === null)
    .sort((a, b) => compareText(b.createdAt, a.createdAt));
  if (jobs.length === 0) return [];
  const names = new Map(jobs.map((job) => [nameOf(job), job] as const).reverse()); // the newest of a name counts
  const ids = current === '' ? [] : jobs.filter(({ id }) => id.startsWith(current));
  return [
    ...jobs.flatMap((job) => (job.number === undefined ? [] : [offered(`${job.number}`, job)])),
    ...[...names].flatMap(([name, job]) => (name === null ? [] : [offered(name, job)])),
    ...Object.entries(WORDS).map(([value, about]) => ({ value, about })),
    ...ids.map((job) => offered(job.id, job)),
  ];
}

function offered(value: string, job: IndexedJob): Candidate {
  const name = nameOf(job);
  const named = name === null || name === value ? [] : [name];
  return { value, about: [job.finished?.ending ?? 'live', ...named, job.summary].join(' · ') };
}

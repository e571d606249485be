import { existsSync } from 'node:fs';
import { briefOutcome } from '../../domain/job/outcome-text.ts';
import type { JobProcess } from '../../domain/job/processes.ts';
import { placeOf } from '../../places/places.ts';
import { can } from '../../process/platform/this-platform.ts';
import { cookieOf, processTable } from '../../process/table.ts';
import { type JobFacts, readJobFacts } from '../../state/job/job-directory.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { orPassOver, saysNothing } from './one-of-many.ts';

/** A process of a job that has ended; `codex-companion cancel JOB` ends it. */
export interface LeftRunning {
  pid: number;
  start: string;
  name: string;
  jobId: string;
  /** the root of the job's workspace, or its state's directory where that is not known */
  workspace: string;
  outcome: string;
}

/** What a job has left running of which its outcome says that it did: those that live now. */
export function leftBy(facts: JobFacts): JobProcess[] {
  return facts.outcome?.stillRunning ? placeOf(facts.request).processes(facts) : [];
}

/** What the ended jobs of these workspaces have left: by their cookie alone; none where that cannot be read. */
export function leftRunning(layouts: readonly WorkspaceLayout[]): LeftRunning[] {
  if (!can('environmentOf')) return [];
  return [...processTable().values()].flatMap(({ pid, start, comm }) => {
    const jobId = cookieOf(pid);
    const home = jobId && layouts.find((layout) => existsSync(jobDirectory(layout, jobId)));
    const facts = home && orPassOver(jobId, () => readJobFacts(jobDirectory(home, jobId)), saysNothing);
    const outcome = facts ? facts.outcome : undefined;
    if (!outcome || !home || !jobId) return [];
    const workspace = home.workspaceRoot || home.directory;
    return [{ pid, start, name: comm, jobId, workspace, outcome: briefOutcome(outcome) }];
  });
}

export function byJob<T extends LeftRunning>(them: readonly T[]): Map<string, T[]> {
  const jobs = new Map<string, T[]>();
  for (const one of them) jobs.set(one.jobId, [...(jobs.get(one.jobId) ?? []), one]);
  return jobs;
}

import { realpathSync } from 'node:fs';
import type { JobRequest } from '../../scripts/domain/job/job.ts';
import { jobId } from '../../scripts/domain/job/kinds.ts';
import { ownIdentity } from '../../scripts/process/identity.ts';
import { makePrivateDirectory } from '../../scripts/state/files/durable.ts';
import { createJobDirectory } from '../../scripts/state/job/job-directory.ts';
import { type WorkspaceLayout, workspaceLayout } from '../../scripts/state/layout.ts';

let serial = 0;

/** A shell job's request as `enqueue` stamps it. */
export function aRequest(layout: WorkspaceLayout, parts: Partial<JobRequest> = {}): JobRequest {
  const random = (++serial).toString(36).padStart(8, '0');
  return {
    version: 1,
    id: jobId('run', Date.now(), random),
    kind: 'run',
    title: 'Run',
    summary: 'true',
    background: true,
    createdAt: new Date().toISOString(),
    workspaceRoot: layout.workspaceRoot,
    cwd: layout.workspaceRoot,
    origin: null,
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    enqueuedBy: ownIdentity(),
    node: process.execPath,
    runtime: '/nowhere',
    spec: { argv: ['true'] },
    ...parts,
  } as JobRequest;
}

/** The layout of a workspace of a test; its directories exist. */
export function aLayout(folder: string): WorkspaceLayout {
  const layout = workspaceLayout(`${folder}/root`, realpathSync(folder));
  makePrivateDirectory(layout.jobs);
  return layout;
}

/** A job's directory with its request, as on disk after acceptance. */
export function aJobOnDisk(layout: WorkspaceLayout, parts: Partial<JobRequest> = {}): JobRequest {
  const request = aRequest(layout, parts);
  createJobDirectory(layout.jobs, request);
  return request;
}

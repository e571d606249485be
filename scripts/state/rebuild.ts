import { join } from 'node:path';
import { Malformed } from '../domain/check.ts';
import { CompanionError, systemCode } from '../domain/errors.ts';
import { isCodexKind } from '../domain/job.ts';
import { aBroker, parseSettings } from '../domain/parse-state.ts';
import {
  type BrokerRecord,
  emptyState,
  indexEntry,
  type Lease,
  type Settings,
  type WorkspaceState,
  withFinishedJob,
  withJob,
} from '../domain/workspace-state.ts';
import { readOwnFileIfAny } from './durable.ts';
import { type JobFacts, listJobIds, readJobFacts } from './job-directory.ts';
import type { WorkspaceLayout } from './layout.ts';
import { warn } from './warnings.ts';

/**
 * The index, made anew from what is true: the jobs' directories, the settings file, and the broker's own record.
 * Used for a missing and for a damaged state.json, and by the import of 1.0.5's state, which makes job directories first.
 */
export function rebuildState(layout: WorkspaceLayout): { state: WorkspaceState; found: number } {
  const facts = listJobIds(layout.jobs).flatMap((id) => factsIfReadable(join(layout.jobs, id)));
  facts.sort((a, b) => a.request.createdAt.localeCompare(b.request.createdAt));
  const broker = readBrokerFile(layout);
  let state: WorkspaceState = {
    ...emptyState(layout.workspaceRoot),
    config: readSettings(layout),
    broker,
    leases: broker ? facts.flatMap((job) => leaseOf(job, broker)) : [],
  };
  for (const job of facts) {
    state = withJob(state, indexEntry(job.request));
    if (job.outcome) state = withFinishedJob(state, job.request.id, job.outcome);
  }
  return { state, found: facts.length };
}

function factsIfReadable(directory: string): JobFacts[] {
  try {
    return [readJobFacts(directory)];
  } catch (error) {
    // An unfinished or damaged directory must not hide the others. One without a request was never accepted.
    if (systemCode(error) === 'ENOENT') return [];
    if (!(error instanceof CompanionError)) throw error;
    warn(error.message);
    return [];
  }
}

/** A live Codex job's worker holds the broker. */
function leaseOf(job: JobFacts, broker: BrokerRecord): Lease[] {
  if (job.outcome || job.claim?.kind !== 'worker' || !isCodexKind(job.request.kind)) return [];
  return [{ jobId: job.request.id, brokerId: broker.id, holder: job.claim.worker, since: job.claim.at }];
}

/** Settings have a file of their own, so that a damaged index does not lose them. */
export function readSettings(layout: WorkspaceLayout): Settings {
  return (
    ownJson(layout.settingsFile, (value) => parseSettings(value, 'settings')) ?? { stopReviewGate: false }
  );
}

export function readBrokerFile(layout: WorkspaceLayout): BrokerRecord | null {
  return ownJson(layout.brokerFile, (value) => aBroker(value, 'broker'));
}

function ownJson<T>(file: string, parse: (value: unknown) => T): T | null {
  try {
    const text = readOwnFileIfAny(file);
    return text === undefined ? null : parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError || systemCode(error) === 'EISDIR') {
      warn(
        `${file} is damaged and was passed over: ${error instanceof Error ? error.message : String(error)}.`,
      );
      return null;
    }
    throw error;
  }
}

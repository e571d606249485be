import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { aBoolean, aCount, aRecord, aString, listOf } from '../../domain/base/check.ts';
import { systemCode } from '../../domain/base/errors.ts';
import { type ImportedJob, type Importer, importedJob, OLD_PROGRAM } from '../../domain/workspace/old-job.ts';
import { indexEntry } from '../../domain/workspace/workspace-state.ts';
import { now } from '../../process/clock.ts';
import type { Environment } from '../../process/environment.ts';
import { ownIdentity } from '../../process/identity.ts';
import { makePrivateDirectory, requireOwnDirectory, writeDurably } from '../../state/files/durable.ts';
import { readOwnJson } from '../../state/files/json-file.ts';
import { replaceFile } from '../../state/files/replace-file.ts';
import {
  type JobFacts,
  jobFiles,
  noteThread,
  readJobFacts,
  writeResult,
} from '../../state/job/job-directory.ts';
import { placeEnded } from '../../state/job/restore.ts';
import { UnreadableJob } from '../../state/job/unreadable.ts';
import type { WorkspaceLayout } from '../../state/layout.ts';
import { appendHistory } from '../../state/workspace/history.ts';
import {
  findOldStates,
  type OldRecord,
  type OldState,
  readOldState,
  type Skipped,
} from '../../state/workspace/old-state.ts';
import { withJobsOnDisk } from '../../state/workspace/rebuild.ts';
import { update } from '../../state/workspace/store.ts';
import { changeSettings } from '../settings/change.ts';

/** What an import did. It is kept, so that none is done twice and a job deleted since does not come back. */
export interface ImportReport {
  /** how many jobs were taken over */
  jobs: number;
  skipped: Skipped[];
  /** true once a session has heard of it */
  told: boolean;
}

/** The folders in which 1.0.5 kept its workspaces: its plugin's data beside ours, or the temp directory. */
export function oldStatePlaces(environment: Environment): string[] {
  const { CLAUDE_PLUGIN_DATA, CLAUDE_CONFIG_DIR, HOME } = environment;
  const config = CLAUDE_CONFIG_DIR || (HOME && join(HOME, '.claude'));
  const data = [CLAUDE_PLUGIN_DATA && dirname(CLAUDE_PLUGIN_DATA), config && join(config, 'plugins/data')];
  const ofPlugin = data
    .filter((folder) => folder)
    .map((folder) => join(folder ?? '', 'codex-openai-codex/state'));
  return [...new Set([...ofPlugin, join(tmpdir(), 'codex-companion')])];
}

/** Whether there is something to import; a few system calls. */
export function importIsDue(layout: WorkspaceLayout, places: string[]): boolean {
  return !existsSync(reportFile(layout)) && findOldStates(places, hashOf(layout)).length > 0;
}

/**
 * Takes over 1.0.5's jobs and settings, once in a workspace's life: a directory for each job, and then the index from
 * those directories, as at every rebuild. Running jobs of 1.0.5 become `lost`: nobody here can see their end.
 */
export async function importOldState(
  layout: WorkspaceLayout,
  places: string[],
  runtime: string,
): Promise<ImportReport | undefined> {
  if (!importIsDue(layout, places)) return undefined;
  makePrivateDirectory(layout.jobs);
  requireOwnDirectory(layout.jobs);
  const states = places.flatMap((place) =>
    findOldStates([place], hashOf(layout)).map((directory) => readOldState(place, directory)),
  );
  const importer: Importer = {
    now: now(),
    workspaceRoot: layout.workspaceRoot,
    process: ownIdentity(),
    node: process.execPath,
    runtime,
  };
  const report: ImportReport = { jobs: 0, skipped: states.flatMap(({ skipped }) => skipped), told: false };
  const all = states.flatMap((state) => importJobs(layout, state, importer, report));
  const facts = [...new Map(all.map((job) => [job.request.id, job])).values()];
  await index(layout, facts);
  await importSettings(layout, states);
  report.jobs = facts.length;
  await replaceFile(reportFile(layout), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

function importJobs(
  layout: WorkspaceLayout,
  state: OldState,
  importer: Importer,
  report: ImportReport,
): JobFacts[] {
  return state.jobs.flatMap((record) => {
    const skip = (why: string) => {
      const id = String(record.indexed.id).slice(0, 64);
      report.skipped.push({ what: `job ${JSON.stringify(id)} in ${state.directory}`, why });
      return [];
    };
    const job = importedJob(record.indexed, record.stored, importer);
    if (typeof job === 'string') return skip(job);
    try {
      placeJob(layout, job, record);
      return [readJobFacts(join(layout.jobs, job.request.id))];
    } catch (error) {
      // One job’s directory that stands in the way must not keep the others out. A full disk keeps out all of them.
      if (!(error instanceof UnreadableJob) && !IN_THE_WAY.has(systemCode(error) ?? '')) throw error;
      return skip(error instanceof Error ? error.message : String(error));
    }
  });
}

/** What rename(2) says where something else than a directory has the job's name. */
const IN_THE_WAY = new Set(['ENOTDIR', 'EISDIR', 'EIO', 'EACCES', 'EPERM']);

function placeJob(layout: WorkspaceLayout, job: ImportedJob, record: OldRecord): void {
  // One that is there already: an import that was cut off, or one at the same time.
  placeEnded(layout, job.request, job.outcome, (directory) => {
    if (job.thread) noteThread(directory, job.thread);
    if (job.result) writeResult(directory, job.result.payload, job.result.rendered);
    if (record.log !== '') writeFileSync(jobFiles(directory).log, record.log, { mode: 0o600 });
  });
}

async function index(layout: WorkspaceLayout, facts: JobFacts[]): Promise<void> {
  let fresh: JobFacts[] = [];
  await update(layout, (state) => {
    const known = new Set(state.jobs.map((job) => job.id));
    fresh = facts.filter(({ request }) => !known.has(request.id));
    return fresh.length === 0 ? state : withJobsOnDisk(state, fresh);
  });
  for (const { request, outcome } of fresh)
    if (outcome) appendHistory(layout, { ...indexEntry(request), finished: outcome });
}

/** What the user has set here already stands. */
async function importSettings(layout: WorkspaceLayout, states: OldState[]): Promise<void> {
  const gate = states.find(({ stopReviewGate }) => stopReviewGate !== undefined)?.stopReviewGate;
  if (gate === undefined || existsSync(layout.settingsFile)) return;
  await changeSettings(layout, { stopReviewGate: gate });
}

/** One line about an import that nobody has heard of yet. */
export function tellImport(layout: WorkspaceLayout): string | undefined {
  const report = readOwnJson(reportFile(layout), aReport);
  if (!report || report.told) return undefined;
  writeDurably(reportFile(layout), `${JSON.stringify({ ...report, told: true }, null, 2)}\n`);
  const [first] = report.skipped;
  const passedOver = first
    ? ` ${report.skipped.length} thing(s) were passed over, first ${first.what}: ${first.why}. All of them: ${reportFile(layout)}`
    : '';
  return `codex-companion: took over ${report.jobs} job(s) of ${OLD_PROGRAM}.${passedOver}`;
}

function aReport(value: unknown): ImportReport {
  const record = aRecord(value, 'import');
  const aSkipped = (one: unknown, where: string): Skipped => {
    const { what, why } = aRecord(one, where);
    return { what: aString(what, `${where}.what`), why: aString(why, `${where}.why`) };
  };
  return {
    ...record,
    jobs: aCount(record.jobs, 'import.jobs'),
    skipped: listOf(aSkipped)(record.skipped, 'import.skipped'),
    told: aBoolean(record.told, 'import.told'),
  };
}

function reportFile(layout: WorkspaceLayout): string {
  return join(layout.directory, 'imported-1.0.5.json');
}

/** 1.0.5's name of a workspace ends in the same hash as ours. */
function hashOf(layout: WorkspaceLayout): string {
  return layout.directory.slice(-16);
}

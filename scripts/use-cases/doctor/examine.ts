import { accessSync, constants, existsSync, lstatSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import { describeOnComplete } from '../../domain/job/on-complete.ts';
import { diskWarnings } from '../../domain/workspace/disk-warnings.ts';
import type { BrokerRecord } from '../../domain/workspace/workspace-state.ts';
import { liveJobs, withheldJobIds } from '../../domain/workspace/workspace-state.ts';
import { describeProcesses, type ProcessDescription } from '../../process/describe.ts';
import { fileSystemWithoutEvents } from '../../process/file-events.ts';
import { liveness } from '../../process/identity.ts';
import { missingAbilities, thisPlatform } from '../../process/platform/this-platform.ts';
import { insideCodexSandbox } from '../../process/sandbox.ts';
import { type JobFacts, jobFiles, readJobFacts } from '../../state/job/job-directory.ts';
import { onCompleteFiles, onCompleteState } from '../../state/job/on-complete-files.ts';
import { jobDirectory, type WorkspaceLayout } from '../../state/layout.ts';
import { readState } from '../../state/workspace/store.ts';
import type { Context } from '../context.ts';
import { otherWorkspaces } from '../reading/find-job.ts';
import { byJob, type LeftRunning, leftRunning } from '../reading/left-running.ts';
import { orPassOver } from '../reading/one-of-many.ts';
import { lifeOf } from '../reading/read-job.ts';
import { type DiskUse, diskUse } from '../upkeep/retention.ts';
import { roomAt } from '../upkeep/room.ts';
import { unheardBells } from './unheard-bells.ts';
import { writableInSandbox } from './writable-in-sandbox.ts';

/** What was found, and what of it is not as it should be. */
export interface Examination {
  stateRoot: { path: string; exists: boolean; owner: number | null; mode: string | null };
  sandboxed: boolean;
  workspaces: WorkspaceExamination[];
  leftovers: Leftover[];
  /** what this system does not tell us, a sentence each; empty on Linux */
  platform: { name: string; missing: string[] };
  /** sentences for people; empty where all is well */
  problems: string[];
}

interface WorkspaceExamination {
  workspaceRoot: string;
  directory: string;
  liveJobs: number;
  /** live in the index, though nobody is there any more to record their end */
  lostJobs: number;
  finishedJobs: number;
  disk: DiskUse;
  brokers: { id: string; stage: string; pid: number | null; alive: boolean; leases: number }[];
}

/** A process of a job that has ended. */
interface Leftover extends LeftRunning {
  /** percent of one processor, and of the machine's memory; null where `ps` does not tell */
  cpu: number | null;
  memory: number | null;
}

/** Looks at everything and changes nothing: no outcome is committed, no index brought in step. */
export async function examine(context: Context): Promise<Examination> {
  const problems: string[] = [];
  const layouts = [context.layout, ...otherWorkspaces(context)].filter((one) => existsSync(one.directory));
  const examination = {
    stateRoot: examineRoot(context.root, problems),
    sandboxed: insideCodexSandbox(context.environment),
    workspaces: layouts.flatMap(
      (layout) =>
        orPassOver(
          layout.workspaceRoot || layout.directory,
          () => examineWorkspace(layout, problems),
          (trouble) => problems.push(trouble),
        ) ?? [],
    ),
    leftovers: await describeLeftovers(leftRunning(layouts)),
    platform: { name: thisPlatform().name, missing: missingAbilities().map(({ sentence }) => sentence) },
    problems,
  };
  problems.push(...diskWarnings(context.root, roomAt(context.root), []));
  if (examination.sandboxed)
    problems.push('This shell is in the Codex sandbox: jobs cannot be started from it.');
  const workspaceRoots = layouts.map(({ workspaceRoot }) => workspaceRoot);
  const open = writableInSandbox(
    context.root,
    [context.layout.workspaceRoot, ...workspaceRoots],
    context.environment,
  );
  if (open) problems.push(open);
  const fileSystem = fileSystemWithoutEvents(context.root);
  if (fileSystem)
    problems.push(
      `${context.root} lies on ${fileSystem}, where file events may not arrive: an idle agent is told of a job's end at its next prompt, not at once. Choose another place with CODEX_COMPANION_HOME.`,
    );
  problems.push(...unheardBells(context.root));
  problems.push(...leftoverProblems(examination.leftovers));
  return examination;
}

function examineRoot(path: string, problems: string[]): Examination['stateRoot'] {
  const before = problems.length;
  const stat = statOf(path, problems);
  if (problems.length === before) problems.push(...unwritable(path, stat !== undefined));
  if (!stat) return { path, exists: false, owner: null, mode: null };
  const mode = (stat.mode & 0o777).toString(8);
  if (!stat.isDirectory()) problems.push(`${path} is not a plain directory.`);
  if (process.getuid && stat.uid !== process.getuid()) problems.push(`${path} belongs to user ${stat.uid}.`);
  if ((stat.mode & 0o077) !== 0)
    problems.push(`${path} is open to others (mode ${mode}): chmod 700 '${path}'`);
  return { path, exists: true, owner: stat.uid, mode };
}

/** Asked of the place itself, or of the nearest directory above it that is there: it would be made in that. */
function unwritable(path: string, exists: boolean): string[] {
  let place = path;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  try {
    accessSync(join(place, '.'), constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const what = exists ? `${path} cannot be written` : `${path} cannot be made`;
    return [
      `${what} (${code} at ${place}), so that no job can be started: check its permissions, or choose another place with CODEX_COMPANION_HOME.`,
    ];
  }
}

function statOf(path: string, problems: string[]): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    problems.push(`${path} cannot be looked at (${code}); choose another place with CODEX_COMPANION_HOME.`);
    return undefined;
  }
}

function examineWorkspace(layout: WorkspaceLayout, problems: string[]): WorkspaceExamination {
  const state = readState(layout);
  const live = liveJobs(state);
  const isUnreadable = (trouble: string) => problems.push(trouble);
  let lostJobs = 0;
  for (const { id } of live) {
    const facts = orPassOver(
      id,
      () => readJobFacts(jobDirectory(layout, id)),
      (trouble) =>
        problems.push(`${trouble} codex-companion sweep ends it, or: codex-companion cancel ${id}`),
    );
    if (facts && orPassOver(id, () => looksDead(facts), isUnreadable)) {
      lostJobs += 1;
      problems.push(`${id} has lost its recorder: codex-companion sweep records how it ended.`);
    }
  }
  for (const id of withheldJobIds(state))
    problems.push(`${id} is left alone: it was written by a newer version of codex-companion.`);
  const brokers = state.brokers.map((broker) => ({
    id: broker.id,
    stage: broker.stage,
    pid: broker.process?.pid ?? null,
    alive: isAlive(broker),
    leases: state.leases.filter((lease) => lease.brokerId === broker.id).length,
  }));
  for (const broker of brokers)
    if (!broker.alive)
      problems.push(`Broker ${broker.id} is on record and dead: codex-companion sweep removes it.`);
  for (const lease of state.leases)
    if (liveness(lease.holder) === 'dead')
      problems.push(`The holder of ${lease.jobId}'s lease is dead: codex-companion sweep drops it.`);
  for (const { id } of state.jobs.filter((job) => job.finished)) {
    const found = orPassOver(id, () => onCompleteProblem(layout, id), isUnreadable);
    problems.push(...(found ?? []), ...goneProblem(layout, id));
  }
  const { workspaceRoot, directory } = layout;
  const finishedJobs = state.jobs.length - live.length;
  const counts = { liveJobs: live.length - lostJobs, lostJobs, finishedJobs };
  return { workspaceRoot, directory, ...counts, disk: diskUse(layout), brokers };
}

/** It had ended, and its result cannot be had any more. */
function goneProblem(layout: WorkspaceLayout, id: string): string[] {
  if (existsSync(jobFiles(jobDirectory(layout, id)).request)) return [];
  return [`${id} has ended, and its directory ${jobDirectory(layout, id)} is gone or damaged.`];
}

/** Of the latest finished jobs: a command of the user's that failed, where nobody may have looked. */
function onCompleteProblem(layout: WorkspaceLayout, id: string): string[] {
  const directory = jobDirectory(layout, id);
  const state = onCompleteState(directory);
  if (state.stage !== 'cut-off' && !(state.stage === 'ended' && state.exitCode !== 0)) return [];
  return [`The on-complete command of ${id} ${describeOnComplete(state)}: ${onCompleteFiles(directory).log}`];
}

function isAlive(broker: BrokerRecord): boolean {
  return liveness(broker.process ?? broker.starter) !== 'dead';
}

function looksDead(facts: JobFacts): boolean {
  return !facts.outcome && lifeOf(facts) === 'dead';
}

/** A sentence a job, with the line that ends them. */
function leftoverProblems(them: readonly Leftover[]): string[] {
  return [...byJob(them)].map(([id, processes]) => {
    const names = processes.map((one) => `${one.name} (pid ${one.pid}${takes(one)})`).join(', ');
    const run = processes.length === 1 ? 'runs' : 'run';
    return `${names} of ${id} still ${run}, though the job has ended: codex-companion cancel ${id}`;
  });
}

function takes({ cpu, memory }: Leftover): string {
  return cpu === null ? '' : `, ${cpu} % CPU, ${memory} % memory`;
}

async function describeLeftovers(them: LeftRunning[]): Promise<Leftover[]> {
  const told = them.length === 0 ? new Map() : await descriptionsOf(them);
  return them.map((one) => {
    const { cpu = null, memory = null } = told.get(one.pid) ?? {};
    return { ...one, cpu, memory };
  });
}

async function descriptionsOf(them: LeftRunning[]): Promise<Map<number, ProcessDescription>> {
  try {
    return new Map((await describeProcesses(them)).map((one) => [one.pid, one]));
  } catch (error) {
    if (!(error instanceof CompanionError)) throw error;
    return new Map(); // no ps that tells it: they are there all the same
  }
}

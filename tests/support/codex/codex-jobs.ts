import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../../../scripts/domain/job/limits.ts';
import type { TaskSpec } from '../../../scripts/domain/job/specs.ts';
import type { BrokerRecord } from '../../../scripts/domain/workspace/workspace-state.ts';
import { jobFiles, readResult } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { enqueue, type JobDraft } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { PATIENCE_MS, until } from '../wait.ts';
import type { World } from '../world.ts';

export interface TaskOptions extends Partial<TaskSpec> {
  limits?: Limits;
  env?: Record<string, string>;
}

const NO_LIMITS: Limits = { deadlineSeconds: 0, stallSeconds: 0 };

/** Enqueues a background task; its prompt says what the model does (tests/support/real/model-script.ts). */
export async function task(world: World, prompt: string, options: TaskOptions = {}): Promise<string> {
  const { limits = NO_LIMITS, env = {}, ...spec } = options;
  const draft: JobDraft = {
    kind: 'task',
    title: 'Codex task',
    summary: prompt.slice(0, 60),
    background: true,
    limits,
    origin: null,
    spec: { prompt, write: false, model: null, effort: null, resumeThreadId: null, ...spec },
  };
  return (await enqueue(world.context(env), draft)).id;
}

/** The stored result of a job; throws where there is none. */
export function resultOf(world: World, id: string): { payload: Record<string, unknown>; rendered: string } {
  const result = readResult(jobDirectory(world.context().layout, id));
  if (!result) throw new Error(`${id} has no result; its log: ${logOf(world, id)}`);
  return result;
}

export function logOf(world: World, id: string): string {
  const { log } = jobFiles(jobDirectory(world.context().layout, id));
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

export function brokers(world: World): BrokerRecord[] {
  return readState(world.context().layout).brokers;
}

/** The one broker on record, once it is ready and has as many holders. */
export async function readyBroker(world: World, holders = 1): Promise<BrokerRecord & { pids: BrokerPids }> {
  return until(`a broker is ready, held by ${holders}`, () => {
    const { brokers: found, leases } = readState(world.context().layout);
    const [broker] = found;
    if (found.length !== 1 || leases.length !== holders || broker?.stage !== 'ready') return false;
    return { ...broker, pids: { broker: broker.process?.pid ?? 0, appServer: broker.appServer?.pid ?? 0 } };
  });
}

export interface BrokerPids {
  broker: number;
  appServer: number;
}

/** Waits until the turn of a job runs: its log says so. */
export async function untilTurnRuns(world: World, ...ids: string[]): Promise<void> {
  for (const id of ids)
    await until(`the turn of ${id} runs`, () => logOf(world, id).includes('Turn started'));
}

export async function outcomeOf(world: World, id: string, ms = PATIENCE_MS) {
  const { facts } = await world.untilStage(id, 'finished', ms);
  return { ending: facts.outcome?.ending, reason: facts.outcome?.reason };
}

/** Everything of all brokers is gone: processes, sockets, files, records, leases. Waits for that at most `ms`. */
export async function untilNoBroker(world: World, ms = PATIENCE_MS): Promise<void> {
  const { layout } = world.context();
  const left = () => [
    ...world.processes().map(({ command }) => command),
    ...files(join(world.stateRoot, 'run')),
    ...files(layout.brokers),
    ...readState(layout).brokers.map(({ id }) => `record ${id}`),
    ...readState(layout).leases.map(({ jobId }) => `lease of ${jobId}`),
  ];
  await until('no broker is left', () => left().length === 0, ms).catch((cause: Error) => {
    throw new Error(`Left after ${ms} ms:\n${left().join('\n')}`, { cause });
  });
}

function files(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

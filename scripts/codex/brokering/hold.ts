import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CompanionError, systemCode } from '../../domain/base/errors.ts';
import type { ProcessIdentity } from '../../domain/base/identity.ts';
import { readable } from '../../domain/text/terminal-text.ts';
import { admit, withBrokerNews, withoutBroker } from '../../domain/workspace/broker-admission.ts';
import type { BrokerRecord } from '../../domain/workspace/workspace-state.ts';
import { now } from '../../process/clock.ts';
import { type Environment, neutralEnvironment } from '../../process/environment.ts';
import { liveness } from '../../process/identity.ts';
import { spawnDetached } from '../../process/spawn.ts';
import { makePrivateDirectory } from '../../state/files/durable.ts';
import { socketPath, type WorkspaceLayout } from '../../state/layout.ts';
import { readTail } from '../../state/log/log.ts';
import { brokerFiles, prepareBrokerFiles } from '../../state/workspace/broker-files.ts';
import { readState, update } from '../../state/workspace/store.ts';
import type { CodexProgram } from '../program/locate.ts';
import { ConnectionLostError, isObject, RpcDeadlineError, RpcError } from '../wire/rpc.ts';
import { type BrokerClient, connectToBroker } from './client.ts';
import { endBroker } from './end.ts';
import { brokerFingerprint } from './fingerprint.ts';
import { NO_APP_SERVER, NO_LEASE } from './protocol.ts';

/** What a worker brings to get a broker. */
export interface BrokerSeeker {
  layout: WorkspaceLayout;
  jobId: string;
  holder: ProcessIdentity;
  program: CodexProgram;
  /** of the worker: the app-server gets the neutral part of it */
  environment: Environment;
  /** the node, and the directory of the bundles, that the broker is to run from */
  node: string;
  runtime: string;
  signal?: AbortSignal;
}

/** A greeting takes a millisecond; a broker that is mute twice is replaced. */
const GREETING_MS = 3_000;
/** For the starter to have a process of the broker on record, which takes a moment. */
const SPAWN_MS = 45_000;
const ROUNDS = 8;
const LOOK_MS = { first: 10, longest: 100 };
/** A broker that is about to go hangs up a moment before it is off the record. */
const SECOND_TRY_MS = 100;

/**
 * Connects the job to the broker for its conditions, and starts one where there is none. From the moment of the lease,
 * which is taken in the same locked update that looks for the broker, that broker stays up for this job.
 * @throws CompanionError `codex-missing`, `codex-failed` (the app-server does not start), `codex-unsupported`,
 *   `broker-unreachable`; and whatever reason the signal was aborted with
 */
export async function holdBroker(seeker: BrokerSeeker): Promise<BrokerClient> {
  const useless = new Set<string>();
  let last: unknown;
  for (let round = 0; round < ROUNDS; round++) {
    seeker.signal?.throwIfAborted();
    const { broker, since } = await takeLease(seeker, useless);
    if (!(await isReady(seeker, broker.id))) continue;
    const answer = await greet(seeker, broker.id);
    if ('client' in answer) return answer.client;
    last = answer.problem;
    // Whoever came after it had failed may try anew; who waited for it would only fail again.
    if (failedAt(last) !== undefined && since <= (failedAt(last) ?? '')) break;
    // Our lease was lost, with a state that was damaged and made anew: the broker itself is as good as before.
    if (!(last instanceof RpcError && last.code === NO_LEASE)) useless.add(broker.id);
  }
  throw refusal(last);
}

async function takeLease(
  seeker: BrokerSeeker,
  useless: ReadonlySet<string>,
): Promise<{ broker: BrokerRecord; since: string }> {
  const { layout, jobId, holder } = seeker;
  const since = now();
  const candidate = newBroker(seeker, since);
  let admission: ReturnType<typeof admit> | undefined;
  await update(layout, (state) => {
    const usable = (broker: BrokerRecord) => !useless.has(broker.id) && isUsable(broker);
    admission = admit(state, { jobId, holder, since, candidate }, usable);
    return admission.state;
  });
  if (!admission) throw new Error('update() did not call its change.');
  const { mustStart, deposed } = admission;
  // Side by side: an old one that hangs must not hold up the new one.
  const ended = Promise.all(deposed.map((broker) => endBroker(layout, broker)));
  if (mustStart) await startBroker(seeker, candidate);
  await ended;
  return { broker: admission.broker, since };
}

function newBroker(
  { layout, program, environment, runtime, holder }: BrokerSeeker,
  at: string,
): BrokerRecord {
  const id = randomBytes(6).toString('hex');
  return {
    id,
    stage: 'starting',
    fingerprint: brokerFingerprint({ program, environment, workspaceRoot: layout.workspaceRoot, runtime }),
    starter: holder,
    process: null,
    appServer: null,
    socket: socketPath(layout.root, id),
    startedAt: at,
  };
}

/**
 * Its process is alive, or, as long as that one is not known, the starter that has promised it. It may take any time to come
 * up: that depends on Codex, and it goes by itself where nobody waits for it any more.
 */
function isUsable(broker: BrokerRecord): boolean {
  if (broker.process) return liveness(broker.process) === 'alive';
  return liveness(broker.starter) === 'alive' && Date.now() - Date.parse(broker.startedAt) < SPAWN_MS;
}

async function startBroker(seeker: BrokerSeeker, broker: BrokerRecord): Promise<void> {
  const { layout, node, runtime, program, environment } = seeker;
  const args = [
    ...NODE_FLAGS,
    join(runtime, 'broker.mjs'),
    layout.directory,
    broker.id,
    layout.workspaceRoot,
  ];
  try {
    makePrivateDirectory(join(layout.root, 'run'));
    prepareBrokerFiles(layout);
    const started = await spawnDetached(node, [...args, program.command, ...program.args], {
      env: { ...neutralEnvironment(environment), ...program.environment },
      cwd: layout.workspaceRoot,
      logFile: brokerFiles(layout, broker.id).log,
    });
    await update(layout, (state) => withBrokerNews(state, broker.id, { process: started }) ?? state);
    await untilUp(seeker, broker, started);
  } catch (error) {
    // Others may wait for it; it sees itself whether anybody does.
    if (seeker.signal?.aborted) throw error;
    await update(layout, (state) => withoutBroker(state, broker.id));
    await endBroker(layout, broker);
    if (error instanceof CompanionError) throw error;
    throw unreachable('The broker in front of Codex could not be started', error);
  }
}

/** It is small: the heap is kept so, which costs nothing at the rate of a model's words. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--max-old-space-size=512'];

/** Throws what a broker said that died before it was up. */
async function untilUp(
  { layout, signal }: BrokerSeeker,
  broker: BrokerRecord,
  started: ProcessIdentity,
): Promise<void> {
  const over = () => {
    signal?.throwIfAborted();
    return onRecord(layout, broker.id)?.stage !== 'starting' || liveness(started) !== 'alive';
  };
  await lookUntil(over);
  const record = onRecord(layout, broker.id);
  if (record?.stage !== 'starting') return;
  const said = readable(readTail(brokerFiles(layout, broker.id).log, 2_000)).trim();
  throw unreachable(`The broker in front of Codex died at its start${said ? `: ${said}` : '.'}`, undefined);
}

/** Waits while somebody brings the broker up; false: it will not come, or it has gone already. */
async function isReady({ layout, signal }: BrokerSeeker, id: string): Promise<boolean> {
  const settled = () => {
    signal?.throwIfAborted();
    const record = onRecord(layout, id);
    return record === undefined || record.stage === 'ready' || !isUsable(record);
  };
  await lookUntil(settled);
  return onRecord(layout, id)?.stage === 'ready';
}

function onRecord(layout: WorkspaceLayout, id: string): BrokerRecord | undefined {
  return readState(layout).brokers.find((broker) => broker.id === id);
}

async function lookUntil(condition: () => boolean): Promise<void> {
  for (let pause = LOOK_MS.first; !condition(); ) {
    await delay(pause);
    pause = Math.min(LOOK_MS.longest, pause * 1.5);
  }
}

type Greeting = { client: BrokerClient } | { problem: unknown };

/** Twice, because the first time may have met a broker in the moment of its exit, or a busy machine. */
async function greet(seeker: BrokerSeeker, brokerId: string): Promise<Greeting> {
  const first = await tryToGreet(seeker, brokerId);
  if ('client' in first || failedAt(first.problem) !== undefined) return first;
  await delay(SECOND_TRY_MS);
  // Gone from the record by now: it has gone by its own decision, and there is nothing to replace.
  if (onRecord(seeker.layout, brokerId)?.stage !== 'ready') return first;
  return tryToGreet(seeker, brokerId);
}

async function tryToGreet({ layout, jobId, holder }: BrokerSeeker, brokerId: string): Promise<Greeting> {
  try {
    return { client: await connectToBroker({ layout, brokerId }, { jobId, holder }, GREETING_MS) };
  } catch (error) {
    const expected = [RpcError, RpcDeadlineError, ConnectionLostError].some((kind) => error instanceof kind);
    if (!expected && systemCode(error) === undefined) throw error;
    return { problem: error };
  }
}

/** When the broker's app-server failed to start, if that is what it told. */
function failedAt(problem: unknown): string | undefined {
  if (!(problem instanceof RpcError) || problem.code !== NO_APP_SERVER) return undefined;
  return isObject(problem.data) && typeof problem.data.at === 'string' ? problem.data.at : '';
}

function refusal(problem: unknown): CompanionError {
  if (problem instanceof RpcError && problem.code === NO_APP_SERVER) {
    const { code, hint } = isObject(problem.data) ? problem.data : {};
    return new CompanionError(code === 'codex-unsupported' ? code : 'codex-failed', problem.message, {
      hint: typeof hint === 'string' ? hint : 'codex-companion doctor',
      cause: problem,
    });
  }
  return unreachable('The broker in front of Codex cannot be reached', problem);
}

function unreachable(what: string, cause: unknown): CompanionError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new CompanionError('broker-unreachable', `${what}${why}`, { hint: 'codex-companion doctor', cause });
}

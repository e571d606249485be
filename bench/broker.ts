import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectToBroker } from '../scripts/codex/brokering/client.ts';
import { startAppServer } from '../scripts/codex/program/app-server.ts';
import { locateCodex } from '../scripts/codex/program/locate.ts';
import { runTurn } from '../scripts/codex/turn/turn.ts';
import type { CodexConnection } from '../scripts/codex/wire/connection.ts';
import { cancel } from '../scripts/use-cases/jobs/cancel.ts';
import { aWorker, withoutLeases } from '../tests/support/codex/broker-clients.ts';
import { logOf, readyBroker, task, untilNoBroker } from '../tests/support/codex/codex-jobs.ts';
import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { pssOf, quantile } from './measure.ts';
import type { Figure } from './table.ts';

const TURNS = 500;
const REQUESTS = 2_000;
const WARM_UP = 50;
const JOBS = [1, 16, 64];

/** What the broker adds, against a direct connection to the same instant app-server. */
export async function broker(): Promise<Figure[]> {
  await using world = await aWorkspace();
  putInstantCodexOnPath(world);
  const figures = await addedTime(world);
  for (const jobs of JOBS) figures.push(await memory(world, jobs));
  return figures;
}

function putInstantCodexOnPath(world: World): void {
  const folder = join(world.folder, 'bin');
  const program = join(import.meta.dirname, 'instant-codex.mjs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'codex'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  world.env.PATH = `${folder}:${world.env.PATH}`;
}

async function addedTime(world: World): Promise<Figure[]> {
  const holder = await task(world, 'hang');
  const { id: brokerId } = await readyBroker(world);
  const direct = await startAppServer({
    program: locateCodex(world.env, null),
    environment: world.env,
    workspaceRoot: null,
    clientVersion: '0.0.0',
  });
  const worker = await aWorker(world, brokerId);
  const { layout } = world.context();
  const through = await connectToBroker({ layout, brokerId }, worker, 3_000);
  const request = (connection: CodexConnection) =>
    connection.request('config/read', { cwd: world.workspace });
  const figures = [
    await compare('a request', REQUESTS, request, direct, through),
    await compare('a turn, thread opened and released', TURNS, (one) => turn(world, one), direct, through),
  ];
  through.close();
  await withoutLeases(world, [worker.jobId]);
  await direct.stop();
  await end(world, [holder]);
  return figures;
}

async function turn(world: World, connection: CodexConnection): Promise<void> {
  const result = await runTurn(connection, {
    ...{ work: { kind: 'task', prompt: 'go' }, resumeThreadId: null, cwd: world.workspace },
    ...{ sandbox: 'read-only', model: null, effort: null, environment: {}, alwaysKept: [] },
  });
  if (result.status !== 'completed') throw new Error(result.reason);
}

type Act = (connection: CodexConnection) => Promise<unknown>;

/** In turn, one by one, so that a drift of the machine hits both. */
async function compare(
  name: string,
  rounds: number,
  act: Act,
  direct: CodexConnection,
  through: CodexConnection,
): Promise<Figure> {
  const pairs: (readonly [number, number])[] = [];
  for (let round = 0; round < WARM_UP + rounds; round++) {
    const pair = [await timed(act, direct), await timed(act, through)] as const;
    if (round >= WARM_UP) pairs.push(pair);
  }
  const [plain, brokered, added] = [
    pairs.map(([one]) => one),
    pairs.map(([, other]) => other),
    pairs.map(([one, other]) => other - one),
  ];
  return {
    what: `added to ${name}, pair by pair`,
    figure: `${quantile(added, 0.5).toFixed(2)} ms`,
    detail: `${line('added', added)}; ${line('direct', plain)}; ${line('through the broker', brokered)}; n=${rounds}`,
  };
}

async function timed(act: Act, connection: CodexConnection): Promise<number> {
  const began = performance.now();
  await act(connection);
  return performance.now() - began;
}

function line(name: string, values: number[]): string {
  const at = (share: number) => quantile(values, share).toFixed(2);
  return `${name}: p50 ${at(0.5)}, p99 ${at(0.99)}, ${at(0)}–${at(1)}`;
}

async function memory(world: World, jobs: number): Promise<Figure> {
  const ids = await Promise.all(Array.from({ length: jobs }, () => task(world, 'hang')));
  const running = () => ids.every((id) => logOf(world, id).includes('Turn started'));
  await until(`${jobs} turns run`, running, 90_000);
  const { pids } = await readyBroker(world, jobs);
  const workers = world.processes().filter(({ command }) => command.includes('worker.mjs'));
  const each = workers.map(({ pid }) => pssOf(pid));
  const sum = each.reduce((total, one) => total + one, 0);
  const all = sum + pssOf(pids.broker) + pssOf(pids.appServer);
  const figure = {
    what: `${jobs} Codex jobs: PSS in all`,
    figure: `${all.toFixed(0)} MB`,
    detail: `broker ${pssOf(pids.broker).toFixed(1)}, app-server (the instant one) ${pssOf(pids.appServer).toFixed(1)}, ${workers.length} workers ${sum.toFixed(0)}; ${line('each', each)}`,
  };
  await end(world, ids);
  return figure;
}

async function end(world: World, ids: string[]): Promise<void> {
  const { layout } = world.context();
  const stop = { kind: 'user', by: 'the bench' } as const;
  await Promise.all(ids.map((id) => cancel({ id, layout }, { stop })));
  await untilNoBroker(world, 15_000);
}

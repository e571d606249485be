/** `npm run bench -- broker`: what the broker adds, against a direct connection to the same instant app-server. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

const TURNS = 500;
const REQUESTS = 2_000;
const WARM_UP = 50;
const JOBS = [1, 16, 64];

export async function benchBroker(): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cbb-')));
  const program = join(import.meta.dirname, 'instant-codex.mjs');
  writeFileSync(join(folder, 'codex'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  const path = [folder, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  try {
    await using world = await aWorkspace({ env: { PATH: path } });
    await addedTime(world);
    for (const jobs of JOBS) await memory(world, jobs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
}

async function addedTime(world: World): Promise<void> {
  const holder = await task(world, 'hang');
  const { id: brokerId } = await readyBroker(world);
  const direct = await startAppServer({
    program: locateCodex(world.env, null),
    environment: world.env,
    clientVersion: '0.0.0',
  });
  const worker = await aWorker(world, brokerId);
  const { layout } = world.context();
  const through = await connectToBroker({ layout, brokerId }, worker, 3_000);
  const request = (connection: CodexConnection) =>
    connection.request('config/read', { cwd: world.workspace });
  await compare('a request', REQUESTS, request, direct, through);
  await compare('a turn, thread opened and released', TURNS, (one) => turn(world, one), direct, through);
  through.close();
  await withoutLeases(world, [worker.jobId]);
  await direct.stop();
  await end(world, [holder]);
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
): Promise<void> {
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
  console.log(
    `${name} (n=${rounds}, ms):\n  ${line('direct', plain)}\n  ${line('through the broker', brokered)}\n  ${line('added, pair by pair', added)}`,
  );
}

async function timed(act: Act, connection: CodexConnection): Promise<number> {
  const began = performance.now();
  await act(connection);
  return performance.now() - began;
}

function line(name: string, values: number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  return `${name}: p50 ${at(0.5)}, p99 ${at(0.99)}, ${at(0)}–${at(1)}`;
}

async function memory(world: World, jobs: number): Promise<void> {
  const ids = await Promise.all(Array.from({ length: jobs }, () => task(world, 'hang')));
  const running = () => ids.every((id) => logOf(world, id).includes('Turn started'));
  await until(`${jobs} turns run`, running, 90_000);
  const { pids } = await readyBroker(world, jobs);
  const workers = world.processes().filter(({ command }) => command.includes('worker.mjs'));
  const each = workers.map(({ pid }) => pssOf(pid));
  const sum = each.reduce((total, one) => total + one, 0);
  const all = sum + pssOf(pids.broker) + pssOf(pids.appServer);
  console.log(
    `${jobs} jobs: ${all.toFixed(0)} MB PSS in all; broker ${pssOf(pids.broker).toFixed(1)}, app-server (the instant one) ${pssOf(pids.appServer).toFixed(1)}, ${workers.length} workers ${sum.toFixed(0)}: ${line('each', each)}`,
  );
  await end(world, ids);
}

/** Megabytes. */
function pssOf(pid: number): number {
  const [, kilobytes = '0'] =
    /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function end(world: World, ids: string[]): Promise<void> {
  const { layout } = world.context();
  const stop = { kind: 'user', by: 'the bench' } as const;
  await Promise.all(ids.map((id) => cancel({ id, layout }, { stop })));
  await untilNoBroker(world, 15_000);
}

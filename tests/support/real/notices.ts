import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sessionDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { enqueue } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { builtBundles } from '../bundles.ts';
import { survivors } from '../leaks.ts';
import { PATIENCE_MS, until } from '../wait.ts';
import { environment } from './account.ts';
import type { ClaudeSession } from './claude-session.ts';
import type { RealWorld } from './world.ts';

/** A job that ends when the test says so. */
export interface GatedJob {
  id: string;
  open(): void;
}

/** The shell text of a job that waits for its gate, then says so and exits 3. */
export function gated(
  world: RealWorld,
  then = 'echo one; echo two; exit 3',
): { command: string; open(): void } {
  const gate = world.account.path(`gate-${Math.random().toString(36).slice(2)}`);
  writeFileSync(gate, '');
  return {
    command: `sh -c 'while [ -e ${gate} ]; do sleep 0.05; done; ${then}'`,
    open: () => rmSync(gate),
  };
}

/** A background job that the agent itself starts. */
export async function gatedJob(world: RealWorld, session: ClaudeSession, options = ''): Promise<GatedJob> {
  const { command, open } = gated(world);
  const text = await world.bash(session, `codex-companion run --background --json ${options} -- ${command}`);
  return { id: JSON.parse(text).jobId, open };
}

/** A job of the session of this client, as its agent would have started it. */
export async function jobOf(world: RealWorld, pid: number): Promise<GatedJob> {
  const { id: sessionId } = await until('the session is on record', () => openSession(world, pid));
  const { command, open } = gated(world);
  const request = await enqueue(makeContext(environment(world.account), world.workspace, builtBundles()), {
    ...{ kind: 'run', title: 'Run', summary: 'a job', background: true },
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    origin: { host: 'claude-code', sessionId, client: null },
    spec: { argv: ['/bin/sh', '-c', command] },
  });
  return { id: request.id, open };
}

/** The open session of a client, as our record has it. */
export function openSession(world: RealWorld, pid: number) {
  return readState(world.layout).sessions.find((one) => one.endedAt === null && one.client?.pid === pid);
}

/** Waits until the next session of a client, after /clear, has heard what it is owed, and has its doorbell. */
export async function untilNextSession(
  world: RealWorld,
  pid: number,
  former: string | undefined,
): Promise<void> {
  await until('the next session of the client has its doorbell', () => {
    const id = openSession(world, pid)?.id;
    return (
      id !== undefined &&
      id !== former &&
      existsSync(join(sessionDirectory(world.layout.root, 'claude-code', id), 'bell'))
    );
  });
  // The hook has yet to end, which tells what is due at that moment without a wake.
  await until('no hook of ours runs', () =>
    survivors(world.account.root).every(({ command }) => !command.includes('session-hook')),
  );
}

/** How many requests there were so far. */
export function asked(world: RealWorld): number {
  return world.claudeModel.agentRequests().length;
}

/** The requests, by number, in which a job's notice is new. */
export function tellings(world: RealWorld, id: string): number[] {
  const all = world.claudeModel.agentRequests().map((_, n) => n);
  return all.filter((n) => world.claudeModel.newText(n).includes(`${id} (`));
}

/** Waits for the notice of a job; returns what is new in the request that brings it. */
export async function untilTold(world: RealWorld, id: string, ms = PATIENCE_MS): Promise<string> {
  const found = await until(
    `the model is told of ${id}`,
    () => tellings(world, id).map((n) => ({ n }))[0],
    ms,
  );
  return world.claudeModel.newText(found.n);
}

/** The notice has reached the agent once, with what counts, and its receipt has been seen. */
export async function assertDelivered(world: RealWorld, id: string): Promise<void> {
  const text = await untilTold(world, id);
  assert.match(text, new RegExp(`${id} \\(.*failed \\(exit 3\\) after`));
  assert.match(text, /\| two\n/);
  assert.match(text, new RegExp(`The rest: codex-companion result ${id} --framed`));
  await until(
    `the receipt of ${id} is seen`,
    async () => (await world.ask('status', id)).job.notice.state === 'delivered',
  );
  assert.equal(tellings(world, id).length, 1);
}

/** Puts a job, and what is known of sessions, into the past, as if the machine's clock had moved on by a day. */
export function aDayPasses(world: RealWorld, jobId: string): void {
  const job = join(world.layout.jobs, jobId);
  const sessions = join(world.layout.root, 'sessions');
  const files = [
    ...['request.json', 'outcome.json'].map((name) => join(job, name)),
    ...readdirSync(sessions, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\/client\.[^/]*$/.test(name))
      .map((name) => join(sessions, name)),
  ];
  for (const file of files.filter((one) => existsSync(one))) {
    const aged = readFileSync(file, 'utf8').replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, (time) =>
      JSON.stringify(new Date(Date.parse(JSON.parse(time)) - 86_400_000)),
    );
    writeFileSync(file, aged);
  }
}

/** The doorbells that clients watch. */
export function doorbells(world: RealWorld): string[] {
  const bells = join(world.layout.root, 'bells');
  return existsSync(bells) ? readdirSync(bells) : [];
}

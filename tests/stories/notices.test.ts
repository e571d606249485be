/** From the end of a job to its telling: every process on the way may be killed at any moment, and nothing is lost. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JobRequest } from '../../scripts/domain/job/job.ts';
import { noticeOf } from '../../scripts/use-cases/notices/notice-of.ts';
import { sessionJob } from '../support/hosts/hooks.ts';
import { NoticeHost } from '../support/hosts/notice-host.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type RunningCli, type World } from '../support/world.ts';

/** `npm run chaos:notices` takes 1,000. */
const ROUNDS = Number(process.env.STORY_ROUNDS ?? 8);
/** Kills come within this long after a job's end. Milliseconds. */
const WITHIN_MS = 500;

const random = (limit: number) => Math.floor(Math.random() * limit);
const oneIn = (n: number) => random(n) === 0;

test(`${ROUNDS} rounds of SIGKILLs between a job's end and its telling: none lost, no repeat that does not say so`, async () => {
  await using world = await aWorkspace();
  await using host = new NoticeHost(world, 'chaos');
  await host.start();
  const counts = { jobs: 0, kills: 0, wakes: 0, atThePrompt: 0, read: 0, marked: 0, 'heard twice': 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const from = host.heard.length;
    const jobs: JobRequest[] = [];
    for (let n = oneIn(4) ? 3 : 1; n > 0; n--) jobs.push(await endingSoon(world));
    counts.jobs += jobs.length;
    if (oneIn(3)) host.killHookAfterMs = random(WITHIN_MS);
    host.deaf = oneIn(8);
    const waiter = oneIn(5) ? waitFor(world, jobs) : undefined;
    await Promise.all(jobs.map((job) => killOnTheWay(world, job, counts)));
    if (waiter && oneIn(2)) waiter.signal('SIGKILL');
    await waiter?.ended;
    await host.quiet();
    const atFirst = host.heard.length;
    if (oneIn(3)) await host.call('UserPromptSubmit', { prompt: 'What now?' }, random(WITHIN_MS));
    await nextPrompt(world, host, jobs);
    counts.wakes += atFirst - from;
    counts.atThePrompt += host.heard.length - atFirst;
    for (const job of jobs) judge(world, host, job, from, counts);
  }
  console.log(`notices, ${ROUNDS} rounds: 0 lost, 0 unmarked repeats; ${JSON.stringify(counts)}`);
  assert.deepEqual(notesOf(world), []);
});

/** A shell job of the session, as its agent would have started it. */
async function endingSoon(world: World): Promise<JobRequest> {
  const command = ['sh', '-c', `sleep 0.${random(3)}; echo the end`];
  return sessionJob(world, { session: 'chaos', background: !oneIn(4), command });
}

function waitFor(world: World, jobs: JobRequest[]): RunningCli {
  const env = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'chaos' };
  return world.startWith({ env }, 'wait', ...jobs.map((job) => job.id));
}

/** Kills the finish step, which the wrapper becomes, at a random moment after its command has ended. */
async function killOnTheWay(world: World, job: JobRequest, counts: { kills: number }): Promise<void> {
  const directory = join(world.context().layout.jobs, job.id);
  await until('the command has ended', () => existsSync(join(directory, 'exit')));
  const pid = Number(/^pid=(\d+)$/m.exec(readFileSync(join(directory, 'claim'), 'utf8'))?.[1]);
  if (oneIn(2)) return comesThrough(directory);
  await new Promise((resolve) => setTimeout(resolve, random(WITHIN_MS)));
  try {
    process.kill(pid, 'SIGKILL');
    counts.kills++;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it was faster
  }
}

/** Some are left alone until somebody has begun to tell, or the agent has read. */
async function comesThrough(directory: string): Promise<void> {
  const isTold = () => ['told.1', 'delivered'].some((name) => existsSync(join(directory, name)));
  await until('somebody tells', isTold);
}

/** The user goes on, later than any receipt could take; twice, as the receipt of the first is seen by the second. */
async function nextPrompt(world: World, host: NoticeHost, jobs: JobRequest[]): Promise<void> {
  for (let n = 0; n < 2; n++) {
    for (const job of jobs) anHourPasses(join(world.context().layout.jobs, job.id));
    await host.call('UserPromptSubmit', { prompt: 'Go on.' });
  }
}

function anHourPasses(directory: string): void {
  for (const name of readdirSync(directory).filter((one) => /^told\.\d+$/.test(one))) {
    const file = join(directory, name);
    const record = JSON.parse(readFileSync(file, 'utf8'));
    const at = new Date(Date.parse(record.at) - 3_600_000).toISOString();
    writeFileSync(file, JSON.stringify({ ...record, at }));
  }
}

type Counts = Record<'read' | 'marked' | 'heard twice', number>;

function judge(world: World, host: NoticeHost, job: JobRequest, from: number, counts: Counts): void {
  const lines = host.heard
    .slice(from)
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith(`${job.id} (`));
  const { layout } = world.context();
  const state = noticeOf(layout, job)?.state;
  const marked = lines.filter((line) => line.includes('may repeat'));
  const told = `${job.id} is ${state}; heard:\n${lines.join('\n')}`;
  assert.ok(lines.length > 0 || state === 'read', `lost: ${told}`);
  assert.ok(lines.length - marked.length <= 1, `repeated without saying so: ${told}`);
  assert.ok(state === 'read' || state === 'delivered', `not settled: ${told}`);
  if (lines.length === 0) counts.read++;
  counts.marked += marked.length;
  if (lines.length > 1) counts['heard twice']++;
}

function notesOf(world: World): string[] {
  const session = join(world.stateRoot, 'sessions/claude-code-chaos');
  return ['jobs', 'owed'].flatMap((place) =>
    existsSync(join(session, place)) ? readdirSync(join(session, place)) : [],
  );
}

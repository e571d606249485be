/**
 * The main job: a task that the agent started goes on when its session ends, whichever way, and the next session has its
 * result; the session's foreground task ends with it, another session's do not; and nothing is left.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { long } from '../../support/long.ts';
import type { ClaudeSession } from '../../support/real/claude-session.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

/** The ways out of a session, and the exit status by which the client leaves. */
const endings: Record<string, (session: ClaudeSession) => Promise<void>> = {
  '/exit': async (session) => assert.equal(await session.exit(), 0),
  '/clear': (session) => session.say('/clear'),
  SIGTERM: async (session) => assert.equal(await endedBy(session, 'SIGTERM'), 143),
  SIGHUP: async (session) => assert.equal(await endedBy(session, 'SIGHUP'), 129),
  SIGKILL: async (session) => assert.equal(await endedBy(session, 'SIGKILL'), 137),
};

/** After its session's end the turn goes on for so long. */
const turnSeconds = long ? 20 : 1;

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  const rounds = long ? 4 : 1;
  describe('the main job', { concurrency: 2, skip: tmuxMissing() }, () => {
    for (const [version, program] of Object.entries(clients.claudes))
      for (const way of Object.keys(endings))
        for (let round = 1; round <= rounds; round++)
          test(title(version, way, round), async (t) =>
            theMainJob(t, await realWorld(clients, program), way),
          );
  });
}

function title(version: string, way: string, round: number): string {
  const story = `claude ${version}: at ${way} a background task goes on, a foreground task ends, another session's do not`;
  return round > 1 ? `${story} (${round})` : story;
}

async function theMainJob(t: TestContext, furnished: RealWorld, way: string): Promise<void> {
  await using world = furnished;
  await using first = await world.startSession();
  const kept = await startTask(world, first, '--background', 'THE-ANSWER');
  using record = watchRecord(world, kept.id);
  const foreground = await startTask(world, first, '--wait', 'NEVER-SAID');
  await using other = await world.startSession();
  const others = [
    await startTask(world, other, '--background', 'ANOTHERS-1'),
    await startTask(world, other, '--wait', 'ANOTHERS-2'),
  ].map(({ id }) => id);
  const session = kept.sessionId;
  assert.equal(foreground.sessionId, session);
  await until('all turns wait for their model', () => world.codexModel.requests.length === 4);

  await endings[way]?.(first);
  const over = performance.now();
  // No hook runs at SIGKILL: the sweep at the next session's start ends what is due.
  await using next = way === '/clear' ? first : await world.startSession();
  await until(
    'the foreground task has ended',
    async () => (await statusOf(world, foreground.id)) === 'cancelled',
  );
  if (way !== 'SIGKILL') await until('the session is over', () => !openSessions(world).includes(session));
  if (way === '/clear') await until('a new session is on record', () => openSessions(world).length === 2);
  for (const id of [kept.id, ...others]) assert.equal(await statusOf(world, id), 'running');

  world.codexModel.release();
  const { jobs } = await world.ask('wait', kept.id, ...others);
  const completed = performance.now();
  assert.deepEqual(
    jobs.map(({ status, background, sessionId }: JobView) => [status, background, sessionId === session]),
    [
      ['completed', true, true],
      ['completed', true, false],
      ['completed', false, false],
    ],
  );
  const leaving = await nothingIsLeft(world);
  assert.deepEqual(record.seen(), ['live: background', 'finished: background']);

  await next.say('/codex:status --discuss');
  await until('/codex:status names the job', () => world.claudeModel.newText().includes(kept.id));
  await next.say(`/codex:result ${kept.id} --discuss`);
  await until('/codex:result has the answer', () => world.claudeModel.newText().includes('THE-ANSWER'));
  assert.equal(await next.exit(), 0);
  assert.equal(await other.exit(), 0);
  t.diagnostic(
    `${way}: completed ${Math.round(completed - over)} ms after the session's end, nothing left ${leaving} ms later`,
  );
}

interface JobView {
  id: string;
  status: string;
  background: boolean;
  sessionId: string;
}

/**
 * The agent hands a task to Codex with its Bash tool. With `--wait` in the tool's background, as agents do with what takes
 * long; the job itself is a foreground one. Its answer stands too far behind in the prompt to be seen in a summary.
 */
async function startTask(
  world: RealWorld,
  session: ClaudeSession,
  how: '--background' | '--wait',
  answer: string,
): Promise<JobView> {
  const known = new Set(readState(world.layout).jobs.map(({ id }) => id));
  const request = `Find out why the login test fails now and then. ${'Take the time that it takes. '.repeat(4)}`;
  const prompt = `${request}[[hold]][[slow:${turnSeconds}]][[say:${answer}]]`;
  await world.bash(session, `codex-companion task ${how} '${prompt}'`, { inBackground: how === '--wait' });
  const id = await until('the task is on record', () =>
    readState(world.layout)
      .jobs.map((job) => job.id)
      .find((one) => !known.has(one)),
  );
  await until('the task runs', async () => (await statusOf(world, id)) === 'running');
  return (await world.ask('status', id)).job;
}

async function endedBy(session: ClaudeSession, signal: NodeJS.Signals): Promise<number> {
  session.signal(signal);
  return session.exited();
}

async function statusOf(world: RealWorld, jobId: string): Promise<string> {
  return (await world.ask('status', jobId)).job.status;
}

function openSessions({ layout }: RealWorld): string[] {
  return readState(layout).sessions.flatMap(({ id, endedAt }) => (endedAt === null ? [id] : []));
}

/** What the record said of a job from now on, each thing once. */
function watchRecord({ layout }: RealWorld, jobId: string) {
  const seen = new Set<string>();
  const look = () => {
    const job = readState(layout).jobs.find(({ id }) => id === jobId);
    seen.add(
      job
        ? `${job.finished ? 'finished' : 'live'}: ${job.background ? 'background' : 'foreground'}`
        : 'nothing',
    );
  };
  const timer = setInterval(look, 50);
  look();
  return {
    seen: () => {
      look();
      return [...seen];
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

import { logOf, untilTurnRuns } from '../codex/codex-jobs.ts';
import { FakeClient } from '../hosts/fake-client.ts';
import type { Release } from '../releases/release.ts';
import { AT_THE_GATE, by, run, runWith, task } from '../releases/verbs.ts';
import { until } from '../wait.ts';
import { aWorkspace, type World } from '../world.ts';
import { type LeftJob, saveFixture } from './fixture.ts';
import { powerCut } from './power-cut.ts';

/** One of our own releases leaves jobs in all states, two sessions, a broker, events and settings. */
export async function leaveStateOf(release: Release): Promise<void> {
  const madeAt = new Date().toISOString();
  await using world = await aWorkspace({
    codex: { account: { type: 'apiKey' }, review: '[[say:No fault.]]' },
  });
  const cli = async (...args: string[]) => (await by(world, release, ...args)).json;
  const finished = (id: string) => by(world, release, 'wait', id);
  await using over = client(world, release);
  await using open = client(world, release);
  for (const one of [over, open]) await one.hook('SessionStart', { source: 'startup', cwd: world.workspace });
  const followed = world.startWith({ program: release.program }, 'events', '--follow', '--json');

  world.write('new.txt', 'to be reviewed\n');
  const ended = [
    await run(world, release, 'sh', '-c', 'echo built; echo a warning >&2'),
    await run(world, release, 'sh', '-c', 'echo src/a.c:1:2: error: it broke; exit 3'),
    await runWith(world, release, '--deadline', '1s', '--', 'sleep', '300'),
    await runWith(world, release, '--on-complete', 'cat > told', '--', 'true'),
    await over.background('sh -c "echo nobody was told; exit 1"'),
    await task(world, release, '[[say:the answer]]'),
    await task(world, release, '[[fail:server_error|the model broke]]'),
    (await cli('review', '--background', '--json')).jobId,
  ];
  for (const id of ended) await finished(id);
  await by(world, release, 'result', ended[0] ?? '');
  const cancelled = await run(world, release, 'sleep', '300');
  const stopped = await task(world, release, '[[hang]]');
  await untilTurnRuns(world, stopped);
  await cli('cancel', cancelled, stopped, '--json');
  const lost = await run(world, release, 'sleep', '300');
  await until('its command is on record', () => world.reading(lost).facts.command);
  for (const one of [world.reading(lost).facts.spawned, world.reading(lost).facts.command])
    process.kill(one?.pid ?? 0, 'SIGKILL');
  await by(world, release, 'sweep');
  await over.hook('SessionEnd', { reason: 'prompt_input_exit', cwd: world.workspace });

  const settings = [
    '--max-parallel',
    '1',
    '--keep-days',
    '60',
    '--keep-size',
    '500M',
    '--enable-review-gate',
  ];
  await cli('setup', ...settings, '--hold-one-shot-turn', '10m', '--json');
  const running = await run(world, release, ...AT_THE_GATE);
  await until('it has said its word', () => logOf(world, running) === 'first\n');
  const paused = await run(world, release, ...AT_THE_GATE);
  await until('it has said its word', () => logOf(world, paused) === 'first\n');
  await by(world, release, 'pause', paused);
  const turning = await task(world, release, '[[hang]]');
  await untilTurnRuns(world, turning);
  const queued = await task(world, release, '[[say:never]]');
  await until('it waits', async () => (await cli('status', queued, '--json')).job.queuePosition === 1);

  const report = await cli('setup', '--json');
  const jobs: LeftJob[] = [];
  for (const id of [...ended, cancelled, stopped, lost])
    jobs.push(shown(world, await cli('result', id, '--json')));
  for (const [id, ending] of Object.entries({
    [running]: 'lost',
    [paused]: 'lost',
    [turning]: 'lost',
    [queued]: 'failed',
  })) {
    const { kind, threadId } = (await cli('status', id, '--json')).job;
    jobs.push({ id, kind, ending, threadId, exitCode: null, answer: null, log: logOf(world, id) });
  }
  await powerCut(world);
  await followed.ended;
  saveFixture(world, release.version, { madeAt, place: 'state', jobs, settings: settingsIn(report) });
}

function client(world: World, { plugin }: Release): FakeClient {
  const one = new FakeClient(world);
  one.plugin = plugin;
  return one;
}

// biome-ignore lint/suspicious/noExplicitAny: what a release printed
function shown(world: World, { job, storedJob }: any): LeftJob {
  const { id, kind, threadId, outcome } = job;
  const { ending, exitCode } = outcome;
  const answer = kind === 'run' ? null : (storedJob.result?.rawOutput ?? null);
  return { id, kind, ending, threadId, exitCode, answer, log: logOf(world, id) };
}

function settingsIn(report: Record<string, unknown>): Record<string, unknown> {
  const names = ['reviewGateEnabled', 'maxParallel', 'keepDays', 'keepBytes', 'holdOneShotTurnSeconds'];
  return Object.fromEntries(names.map((name) => [name, report[name]]));
}

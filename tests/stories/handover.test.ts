/** The last worker finishes, or dies, while a new client comes: on real processes, with a fake Codex. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { retireDeadBroker } from '../../scripts/codex/brokering/retire.ts';
import { readState } from '../../scripts/state/workspace/store.ts';
import {
  brokers,
  logOf,
  outcomeOf,
  task,
  untilNoBroker,
  untilTurnRuns,
} from '../support/codex/codex-jobs.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** In all lanes together; `npm run chaos:handover` takes more. */
const ROUNDS = Number(process.env.STORY_ROUNDS ?? 15);
const LANES = 3;
/** A broker leaves 1 s after its last lease; a new worker asks for its own some 0.2 to 0.6 s after it was enqueued. */
const EXIT_MS = { from: 300, to: 950 };
const LONGEST_MS = 1_300;

/** How the broker's last holder ends, and what is killed about when the new client comes. */
const STORIES = ['finished', 'finished', 'holder', 'broker', 'appServer', 'worker'] as const;
type Story = (typeof STORIES)[number];

describe('the last worker ends while a new client comes', { concurrency: LANES }, () => {
  for (let lane = 1; lane <= LANES; lane++) {
    const rounds = Math.ceil(ROUNDS / LANES);
    test(`lane ${lane}, ${rounds} rounds of random moments: the new client’s job completes, and no broker is left`, async (t) => {
      await using world = await aWorkspace({ codex: {} });
      const count: Record<string, number> = {};
      for (let round = 0; round < rounds; round++) {
        const story = STORIES[Math.floor(Math.random() * STORIES.length)] ?? 'finished';
        const how = await play(world, story);
        for (const name of [story, ...how]) count[name] = (count[name] ?? 0) + 1;
        if (round % 10 === 9) await nothingIsLeft(world);
      }
      await nothingIsLeft(world);
      t.diagnostic(JSON.stringify(count));
    });
  }
});

/** One round; says what was met. Throws where a client got an error, or a job was lost. */
async function play(world: World, story: Story): Promise<string[]> {
  const last = await task(world, story === 'holder' ? '[[hang]]' : '[[say:last]]');
  await (story === 'holder' ? untilTurnRuns(world, last) : outcomeOf(world, last));
  if (story === 'holder' || story === 'worker') kill(workerOf(world, last));

  const pause = moment();
  const killing = ['broker', 'appServer'].includes(story)
    ? killLater(world, story as Part, pause)
    : undefined;
  await delay(pause);
  const before = brokers(world).map(({ id }) => id);
  const next = await task(world, '[[say:next]]');
  const killed = await killing;
  const { ending, reason } = await outcomeOf(world, next);
  assert.equal(ending, 'completed', `${story}, ${pause} ms: ${reason}\n${logOf(world, next)}`);
  const lastEnding = (await outcomeOf(world, last)).ending;
  assert.equal(lastEnding, story === 'holder' ? 'lost' : 'completed', `${story}: ${last}`);
  const resumed = reason !== 'The turn completed.';
  const after = brokers(world).map(({ id }) => id);
  return [
    ...(killed ? ['SIGKILLs that met one'] : []),
    ...(resumed ? ['resumed'] : []),
    before.length > 0 && after.some((id) => before.includes(id)) ? 'same broker' : 'new broker',
  ];
}

/**
 * All processes go by themselves. The record of a broker that was killed while nobody held it waits for whoever looks
 * next: a worker, a sweep.
 */
async function nothingIsLeft(world: World): Promise<void> {
  await until('no process is left', () => world.processes().length === 0);
  await retireDeadBroker(world.context().layout);
  await untilNoBroker(world);
}

/** Half of them about the moment of the exit, the others at any. */
function moment(): number {
  const { from, to } = EXIT_MS;
  return Math.round(Math.random() < 0.5 ? from + Math.random() * (to - from) : Math.random() * LONGEST_MS);
}

type Part = 'broker' | 'appServer';

/** A broker that is up, or its app-server, some moment about that of the new client. True: there was one. */
async function killLater(world: World, part: Part, pause: number): Promise<boolean> {
  await delay(Math.max(0, pause - 100 + Math.random() * 500));
  const [broker] = readState(world.context().layout).brokers.filter(({ stage }) => stage === 'ready');
  const identity = part === 'broker' ? broker?.process : broker?.appServer;
  return identity ? kill(identity.pid) : false;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended by itself
    return false;
  }
}

function workerOf(world: World, id: string): number {
  const { claim } = world.reading(id).facts;
  if (claim?.kind !== 'worker') throw new Error(`${id} has no worker.`);
  return claim.worker.pid;
}

import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../tests/support/wait.ts';
import { aWorkspace, type World } from '../tests/support/world.ts';
import { ratio } from './measure.ts';
import { companionOf, runIn } from './programs.ts';
import type { Figure } from './table.ts';

const MANY_JOBS = 10_000;

/** A workspace with ten thousand finished jobs beside one with a single job: their indexes are what `status` reads. */
export async function status(): Promise<Figure[]> {
  await using many = await aWorkspace();
  await using few = await aWorkspace();
  for (const world of [many, few]) await oneFinishedJob(world);
  multiply(many);
  const read = (world: World) => () => runIn(world, process.execPath, [companionOf(world), 'status']);
  return [ratio(`status at ${MANY_JOBS} jobs`, 'status at one', [read(many), read(few)])];
}

/** Its last step, which enters it in the history, and the sweep that follows have ended, too. */
async function oneFinishedJob(world: World): Promise<void> {
  await world.cli('run', '--', 'true');
  await until('all of the job has ended', () => world.processes().length === 0);
}

function multiply(world: World): void {
  const { jobs, historyFile } = world.context().layout;
  const history = readFileSync(historyFile, 'utf8');
  const { id: pattern } = JSON.parse(history);
  const files = ['request.json', 'outcome.json'].map((name) => ({
    name,
    text: readFileSync(join(jobs, pattern, name), 'utf8'),
  }));
  for (let copy = 0; copy < MANY_JOBS; copy++) {
    const id = `run-${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`;
    mkdirSync(join(jobs, id), { mode: 0o700 });
    for (const { name, text } of files)
      writeFileSync(join(jobs, id, name), text.replaceAll(pattern, id), { mode: 0o600 });
    appendFileSync(historyFile, history.replaceAll(pattern, id));
  }
}

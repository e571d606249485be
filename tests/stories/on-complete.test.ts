import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { sameProcess } from '../../scripts/domain/base/identity.ts';
import { identify } from '../../scripts/process/identity.ts';
import { readJobFacts } from '../../scripts/state/job/job-directory.ts';
import { onCompleteFiles, onCompleteState } from '../../scripts/state/job/on-complete-files.ts';
import { jobDirectory } from '../../scripts/state/layout.ts';
import { until } from '../support/wait.ts';
import { aWorkspace } from '../support/world.ts';

const ROUNDS = Number(process.env.STORY_ROUNDS ?? 6);

/** The moments at which somebody dies: when this file of the job's has appeared. */
const MOMENTS = ['exit', 'outcome.json', 'on-complete.json', 'on-complete.begun'];

/** The job's worker, which is its finish step at the end; the shell of the on-complete command; or both. */
const VICTIMS = ['worker', 'shell', 'both'] as const;

test('--on-complete and SIGKILL: run once, or cut off and said to be; never twice, never forgotten', async (t) => {
  await using world = await aWorkspace();
  const counts = { once: 0, cutOffBefore: 0, cutOffAfter: 0, hits: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const marks = join(world.folder, `marks-${round}`);
    const command = `echo "$CODEX_COMPANION_JOB_ID" >> ${marks}`;
    const { json } = await world.cli('run', '--background', '--json', '--on-complete', command, '--', 'true');
    const directory = jobDirectory(world.context().layout, json.jobId);
    const moment = MOMENTS[round % MOMENTS.length] ?? '';
    const victims = VICTIMS[Math.floor(Math.random() * VICTIMS.length)] ?? 'both';
    await until(`${moment} is there`, () => existsSync(join(directory, moment)));
    await delay(Math.random() * 3);
    if (victims !== 'shell' && killWorker(directory)) counts.hits++;
    if (victims !== 'worker' && killShell(directory)) counts.hits++;

    const stage = await until('it is known what has become of it', async () => {
      await world.cli('sweep');
      const state = onCompleteState(directory);
      return ['ended', 'cut-off'].includes(state.stage) && state.stage;
    });
    const runs = existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n').length : 0;
    assert.ok(stage === 'ended' ? runs === 1 : runs <= 1, `${json.jobId}: ${stage}, run ${runs} times`);
    if (stage === 'ended') counts.once++;
    else if (runs === 0) counts.cutOffBefore++;
    else counts.cutOffAfter++;
  }
  t.diagnostic(
    `${ROUNDS} jobs, ${counts.hits} kills that met somebody: ${counts.once} run to the end, ${counts.cutOffAfter} cut off in it, ${counts.cutOffBefore} cut off before its first line; 0 twice, 0 forgotten`,
  );
});

function killWorker(directory: string): boolean {
  const { claim } = readJobFacts(directory);
  if (claim?.kind !== 'worker') return false;
  const now = identify(claim.worker.pid);
  if (!now || !sameProcess(now, claim.worker)) return false;
  process.kill(now.pid, 'SIGKILL');
  return true;
}

function killShell(directory: string): boolean {
  const { begun } = onCompleteFiles(directory);
  const [, pid, start] =
    (existsSync(begun) && /^pid=(\d+)\nstart=(.+)/.exec(readFileSync(begun, 'utf8'))) || [];
  if (!pid || identify(Number(pid))?.start !== start) return false;
  process.kill(Number(pid), 'SIGKILL');
  return true;
}

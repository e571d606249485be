import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProcessIdentity } from '../../../scripts/domain/base/identity.ts';
import { identify, ownIdentity } from '../../../scripts/process/identity.ts';
import { claimJob, recordSpawned } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readJob } from '../../../scripts/use-cases/reading/read-job.ts';
import { aJobOnDisk, aLayout } from '../../support/requests.ts';
import { scratch } from '../../support/scratch.ts';

test('a worker that records its end and goes while a reader looks is not called lost', async () => {
  using folder = scratch();
  await using worker = await aProcess();
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout);
  const directory = jobDirectory(layout, id);
  claimJob(directory, { kind: 'worker', worker: worker.identity, at: new Date().toISOString() });
  using _moment = beforeLivenessIsAsked(worker.identity, () => {
    fs.writeFileSync(join(directory, 'exit'), 'status=0\nended-by=exit\n');
    worker.kill();
  });
  const { facts } = readJob(layout, id);
  assert.equal(facts.outcome?.ending, 'completed');
});

test('a job whose enqueuer starts the worker and goes while a reader looks is not called off', async () => {
  using folder = scratch();
  await using enqueuer = await aProcess();
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout, { enqueuedBy: enqueuer.identity });
  using _moment = beforeLivenessIsAsked(enqueuer.identity, () => {
    recordSpawned(jobDirectory(layout, id), ownIdentity());
    enqueuer.kill();
  });
  const { facts, state } = readJob(layout, id);
  assert.equal(facts.claim, null, 'the worker can still claim it');
  assert.equal(state.stage, 'queued');
});

test('the last word of a wrapper that could not put it in place counts', async () => {
  using folder = scratch();
  await using worker = await aProcess();
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout);
  const directory = jobDirectory(layout, id);
  claimJob(directory, { kind: 'worker', worker: worker.identity, at: new Date().toISOString() });
  fs.writeFileSync(join(directory, 'exit.part'), 'status=7\nended-by=exit\n          \n');
  assert.equal(readJob(layout, id).facts.outcome, null, 'it may still put it in place');
  worker.kill();
  const { outcome } = readJob(layout, id).facts;
  assert.deepEqual([outcome?.ending, outcome?.exitCode], ['failed', 7]);
});

test('a record of the end that a full disk left empty makes a job lost, not unreadable', async () => {
  using folder = scratch();
  await using worker = await aProcess();
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout);
  const directory = jobDirectory(layout, id);
  claimJob(directory, { kind: 'worker', worker: worker.identity, at: new Date().toISOString() });
  fs.writeFileSync(join(directory, 'exit'), '');
  worker.kill();
  assert.equal(readJob(layout, id).facts.outcome?.ending, 'lost');
});

/** Runs `act` once, at the moment when somebody asks whether that process lives: between reading and judging. */
function beforeLivenessIsAsked({ pid }: ProcessIdentity, act: () => void): Disposable {
  const { readFileSync } = fs;
  const restore = () => {
    fs.readFileSync = readFileSync;
    syncBuiltinESMExports();
  };
  fs.readFileSync = ((file: string, ...rest: [BufferEncoding]) => {
    if (file === `/proc/${pid}/stat`) {
      restore();
      act();
    }
    return readFileSync(file, ...rest);
  }) as typeof readFileSync;
  syncBuiltinESMExports();
  return { [Symbol.dispose]: restore };
}

/** A process that waits; `kill` returns when nobody finds it alive any more. */
async function aProcess(): Promise<{ identity: ProcessIdentity; kill: () => void } & AsyncDisposable> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const exit = once(child, 'exit');
  const pid = child.pid ?? 0;
  const identity = identify(pid);
  assert(identity);
  const kill = () => {
    child.kill('SIGKILL');
    while (identify(pid)); // gone within a moment; it is a zombie until the event loop turns
  };
  return {
    identity,
    kill,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

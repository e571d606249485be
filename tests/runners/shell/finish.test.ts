/** The last step of a shell job, which every job goes through: what it costs in files read. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { indexEntry, withJob } from '../../../scripts/domain/workspace/workspace-state.ts';
import { ownIdentity } from '../../../scripts/process/identity.ts';
import { finishJob } from '../../../scripts/runners/shell/finish.ts';
import { claimJob, jobFiles, recordExit } from '../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState, update } from '../../../scripts/state/workspace/store.ts';
import { aJobOnDisk, aLayout } from '../../support/requests.ts';
import { scratch } from '../../support/scratch.ts';

/** What is known of a job. */
const FILES = new Set(Object.values(jobFiles('/')).map((file) => file.slice(1)));

/** Names of the files that `act` opens, and how often. */
async function opened(act: () => Promise<unknown>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    const name = String(path).split('/').at(-1) ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  }
  return counts;
}

test('the last step of a job reads what is known of it at most three times', async () => {
  using folder = scratch('finish');
  const layout = aLayout(folder.path);
  const request = aJobOnDisk(layout);
  await update(layout, (state) => withJob(state, indexEntry(request)));
  const directory = jobDirectory(layout, request.id);
  const at = new Date().toISOString();
  claimJob(directory, { kind: 'worker', at, worker: { ...ownIdentity(), start: 'long ago' } });
  recordExit(directory, { kind: 'status', at, status: 0 });
  const counts = await opened(() => finishJob(directory));
  const often = [...counts].filter(([name, count]) => count > 3 && FILES.has(name));
  assert.deepEqual(often, [], JSON.stringify(Object.fromEntries(counts)));
  assert.ok((counts.get('request.json') ?? 0) >= 1, 'it was counted at all');
  assert.equal(readState(layout).jobs[0]?.finished?.ending, 'completed');
});

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CompanionError } from '../../../scripts/domain/base/errors.ts';
import { onWarning } from '../../../scripts/state/files/warnings.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { findJob, otherWorkspaces } from '../../../scripts/use-cases/reading/find-job.ts';
import { sweepAll } from '../../../scripts/use-cases/upkeep/sweep.ts';
import { aJobOnDisk, aLayout } from '../../support/requests.ts';
import { scratch } from '../../support/scratch.ts';

test('what is no workspace among the workspaces hides no job and stops no sweep', async () => {
  using folder = scratch();
  using elsewhere = scratch();
  const layout = aLayout(folder.path);
  const { id } = aJobOnDisk(layout);
  writeFileSync(join(layout.root, 'workspaces', '.DS_Store'), '');
  symlinkSync('/etc', join(layout.root, 'workspaces', 'link'));
  const context = makeContext({ CODEX_COMPANION_HOME: layout.root }, elsewhere.path, '/nowhere');
  assert.equal(findJob(context, id).id, id);
  assert.deepEqual(
    otherWorkspaces(context).map((one) => one.directory),
    [layout.directory],
  );
  const reports = await sweepAll(context);
  assert.equal(reports.length, 2);
});

test('a workspace of a newer version keeps no other one from being swept', async () => {
  using folder = scratch();
  using elsewhere = scratch();
  const layout = aLayout(folder.path);
  for (const name of ['a-newer', 'z-newer']) {
    mkdirSync(join(layout.root, 'workspaces', name), { mode: 0o700 });
    writeFileSync(join(layout.root, 'workspaces', name, 'state.json'), '{"version":99}', { mode: 0o600 });
  }
  const context = makeContext({ CODEX_COMPANION_HOME: layout.root }, elsewhere.path, '/nowhere');
  const warnings: string[] = [];
  onWarning((message) => warnings.push(message));
  const reports = await sweepAll(context);
  assert.equal(reports.length, 2, 'our own, and the one that can be read');
  assert.equal(warnings.length, 2);
});

test('a directory without a request is no job', () => {
  using folder = scratch();
  const layout = aLayout(folder.path);
  mkdirSync(join(layout.jobs, 'run-abcd1234-abcd1234'));
  writeFileSync(join(layout.jobs, 'run-abcd1235-abcd1234'), '');
  const context = makeContext({ CODEX_COMPANION_HOME: layout.root }, folder.path, '/nowhere');
  for (const reference of ['run-abcd1234-abcd1234', 'run-abcd1235-abcd1234', 'run-abcd'])
    assert.throws(
      () => findJob(context, reference),
      (error) => error instanceof CompanionError && error.code === 'unknown-job',
    );
});

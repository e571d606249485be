/** An enqueuer that is killed before it has entered its job in the index: no list has it, and nobody is told of it. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listJobIds } from '../../scripts/state/job/job-directory.ts';
import { sessionDirectory } from '../../scripts/state/layout.ts';
import { notesOf } from '../../scripts/state/session/owned-jobs.ts';
import { callHook } from '../support/hosts/hooks.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** Dies when the note for its session has its name. */
const KILLER = `
const fs = require('node:fs');
const { renameSync } = fs;
fs.renameSync = (from, to) => {
  renameSync(from, to);
  if (/\\/\\.run-[^/]*$/.test(from)) process.kill(process.pid, 'SIGKILL');
};
require('node:module').syncBuiltinESMExports();
`;

/** A copy of the program in which it is, also where that starts itself. */
function withKiller(world: World): string {
  const copy = join(world.folder, 'with-killer');
  cpSync(world.bundles, copy, { recursive: true });
  const program = join(copy, 'companion.cjs');
  const killer = JSON.stringify(world.write('killer.cjs', KILLER));
  writeFileSync(program, `require(${killer});\n${readFileSync(program, 'utf8')}`);
  return program;
}

for (const isFirst of [true, false]) {
  for (const background of [true, false]) {
    const kind = `a ${background ? 'background' : 'foreground'} job, ${isFirst ? 'the first' : 'not the first'} of its workspace`;
    test(`what was never accepted is never told: ${kind}`, async () => {
      await using world = await aWorkspace();
      const session = { CLAUDECODE: '1', CLAUDE_CODE_SESSION_ID: 'session-1' };
      if (!isFirst) await world.cli('wait', await world.run('true'));
      await callHook(world, { event: 'SessionStart' });
      const program = [process.execPath, withKiller(world)];
      const args = background ? ['run', '--background', '--', 'true'] : ['run', '--', 'true'];
      const killed = await world.cliWith({ env: session, program }, ...args);
      assert.ok(killed.signal === 'SIGKILL' || killed.code === 3, killed.stderr);
      const { layout } = world.context();
      const before = isFirst ? 0 : 1;
      const [id = ''] = listJobIds(layout.jobs).slice(before);
      assert.ok(id, 'its directory is there');

      const silent = { code: 0, stdout: '', stderr: '' };
      for (const event of ['UserPromptSubmit', 'SessionEnd', 'SessionStart'] as const) {
        const { code, stdout, stderr } = await callHook(world, { event });
        assert.deepEqual({ code, stdout, stderr }, silent, event);
      }
      const next = await callHook(world, { event: 'SessionStart', session: 'session-2' });
      assert.equal(next.stdout, '');
      assert.equal((await world.cli('status', id, '--json')).json.error.code, 'unknown-job');
      const { running, recent, latestFinished } = (await world.cli('status', '--all', '--json')).json;
      assert.equal([...running, ...recent, latestFinished].filter(Boolean).length, before);
      await world.cli('sweep');
      assert.equal(listJobIds(layout.jobs).length, before);
      assert.deepEqual(notesOf(sessionDirectory(world.stateRoot, 'claude-code', 'session-1')), []);
    });
  }
}

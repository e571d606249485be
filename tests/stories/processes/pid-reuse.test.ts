import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../support/world.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SCENARIO = join(ROOT, 'tests', 'support', 'scenarios', 'pid-reuse-scenario.ts');
const NAMESPACE = ['--pid', '--fork', '--mount-proc'];

const possible = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;

test('pids of a killed job that now belong to others: nobody is signalled by any verb, hook or sweep', {
  skip: possible ? false : 'needs the right to make a pid namespace',
}, async () => {
  await using world = await aWorkspace();
  // sh stays as pid 1, so that the scenario is an ordinary process whose orphans are reaped.
  const line = '"$@"; status=$?; exit $status';
  const scenario = [process.execPath, '--import', import.meta.resolve('tsx'), SCENARIO];
  const args = [join(world.bundles, 'companion.cjs'), join(ROOT, 'hooks', 'session-hook.sh')];
  const result = spawnSync('unshare', [...NAMESPACE, 'sh', '-c', line, 'sh', ...scenario, ...args], {
    cwd: world.workspace,
    env: world.env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  const seen = JSON.parse(result.stdout);
  assert.deepEqual(seen.reused, [true, true], 'both pids were given to innocents');
  assert.deepEqual(seen.survivors, [true, true], 'both innocents live');
  assert.equal(seen.outcome, 'lost');
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../support/world.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SCENARIO = join(ROOT, 'tests', 'support', 'scenarios', 'scope-scenario.ts');
const NAMESPACES = ['--mount', '--pid', '--fork', '--mount-proc'];

test('in a systemd scope, cancel finds what has shed every trace; without systemd --on scope is refused, and nothing starts', {
  skip: whyNot(),
}, async () => {
  await using world = await aWorkspace();
  using groups = controlGroups();
  const line = '"$@"; status=$?; exit $status';
  const scenario = [process.execPath, '--import', import.meta.resolve('tsx'), SCENARIO];
  const args = ['sh', '-c', line, 'sh', ...scenario, join(world.bundles, 'companion.cjs'), ...groups.paths];
  const result = spawnSync('unshare', [...NAMESPACES, ...args], {
    cwd: world.workspace,
    env: world.env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  const { stopped, without, ...seen } = JSON.parse(result.stdout);
  assert.deepEqual(seen, { inScope: true, cancelled: 0, dead: true, exit: 5, jobs: 0 });
  assert.ok(stopped.includes('/bin/sleep 7777'), stopped);
  assert.deepEqual([without.status, without.code], [2, 'usage']);
  assert.match(
    without.message,
    /--on scope needs a systemd user session, and there is none here: .+\. Nothing was started\.$/,
  );
});

/** The hierarchies in which systemd makes its groups: version 2, alone or beside a version 1 that only names. */
function hierarchies(): string[] {
  const all = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
  return all.filter((path) => existsSync(join(path, 'cgroup.procs')));
}

function whyNot(): string | false {
  if (!existsSync('/lib/systemd/systemd')) return 'needs systemd';
  if (process.getuid?.() !== 0 || spawnSync('unshare', [...NAMESPACES, 'true']).status !== 0)
    return 'needs the right to make namespaces as root';
  try {
    for (const path of hierarchies()) accessSync(path, constants.W_OK);
  } catch {
    return 'needs control groups that can be written';
  }
  return hierarchies().length === 0 ? 'needs control groups' : false;
}

/** A group in each hierarchy, by one name, as systemd goes by that; removed with those that it has made below it. */
function controlGroups(): { paths: string[] } & Disposable {
  const name = `companion-test-${randomBytes(6).toString('hex')}`;
  const paths = hierarchies().map((hierarchy) => join(hierarchy, name));
  for (const path of paths) mkdirSync(path);
  return { paths, [Symbol.dispose]: () => paths.forEach(removeGroups) };
}

function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  rmdirSync(path);
}

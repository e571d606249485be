import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { long } from '../../support/long.ts';
import { aWorkspace } from '../../support/world.ts';
import type { Sighting } from '../../support/zoo/keeper.ts';

const ROOT = join(import.meta.dirname, '../../..');
const KEEPER = join(ROOT, 'tests', 'support', 'zoo', 'keeper.ts');
const NAMESPACE = ['--pid', '--fork', '--mount-proc'];

const possible = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;

test('a zoo of escape artists: each is dead after cancel, or of the one kind that is out of reach; nobody else is hurt', {
  skip: possible ? false : 'needs the right to make a pid namespace',
}, async (t) => {
  await using world = await aWorkspace();
  // sh stays as pid 1, so that orphans are reaped.
  const line = '"$@"; status=$?; exit $status';
  const keeper = [process.execPath, '--import', import.meta.resolve('tsx'), KEEPER];
  const args = [...NAMESPACE, 'sh', '-c', line, 'sh', ...keeper, join(world.bundles, 'companion.cjs')];
  const result = spawnSync('unshare', args, {
    cwd: world.workspace,
    env: { ...world.env, PATH: `${world.env.PATH}:${process.env.PATH}`, LONG: long ? '1' : '0' },
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  const { sightings, remaining, reused }: Report = JSON.parse(result.stdout);
  t.diagnostic(`\n${table(sightings)}\n${reused} pids of ended jobs belonged to others`);
  assert.ok(reused > 0, 'pids were used again');
  const seen = sightings.filter(({ jobId }) => jobId !== null);
  assert.ok(seen.length >= 20, `${seen.length} animals were here`);
  assert.deepEqual(
    seen.flatMap(({ name, hurt }) => hurt.map((who) => `${who}, at cancel of "${name}"`)),
    [],
  );
  for (const { name, reach, exit, escaped, left } of seen) {
    if (reach === 'out of reach') assert.equal(escaped.length, 1, `${name}: now within reach?`);
    else assert.deepEqual({ name, exit, escaped, left }, { name, exit: 0, escaped: [], left: [] });
  }
  assert.deepEqual(
    remaining.filter((command) => !command.includes('sleep 7777')),
    [],
    'nobody that the keeper did not count was missed',
  );
});

interface Report {
  sightings: Sighting[];
  /** who was there at the end, and nobody had counted */
  remaining: string[];
  reused: number;
}

function table(sightings: Sighting[]): string {
  const rows = sightings.map(({ name, reach, jobId, processes, stopped, left, escaped }) => [
    name,
    reach,
    jobId === null ? 'not here' : `${processes} → ${stopped} stopped`,
    escaped.length > 0
      ? `escaped: ${escaped.join(', ')}`
      : left.length > 0
        ? `left: ${left.join(', ')}`
        : 'dead',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

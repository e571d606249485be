/** The step that makes a command a job is killed, at each of its acts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentShell } from '../../support/hosts/agent-shell.ts';
import { long } from '../../support/long.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** Ends the promoting node right before (even) or after (odd) an act of its own, by its number. */
const KILLER = `
const acts = { fs: ['renameSync', 'linkSync', 'rmSync', 'mkdirSync', 'fsyncSync'], child_process: ['spawn'] };
let count = 0;
const act = (call) => {
  const die = (number) => number === Number(process.env.KILL_AT) && process.kill(process.pid, 'SIGKILL');
  die(count++);
  const result = call();
  die(count++);
  return result;
};
if (process.argv.includes('promote')) {
  for (const [name, functions] of Object.entries(acts)) {
    const module = require('node:' + name);
    for (const one of functions) {
      const original = module[one];
      module[one] = (...args) => act(() => original(...args));
    }
  }
  require('node:module').syncBuiltinESMExports();
}
`;

const COMMAND = 'echo ran >>runs &';

async function jobs(world: World) {
  const { running, latestFinished, recent } = (await world.cli('status', '--all', '--json')).json;
  return [...running, latestFinished, ...recent].filter(Boolean);
}

function runs(world: World): number {
  const file = join(world.workspace, 'runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

test('a promoted command runs at most once, wherever its promotion is killed, and is never told as another thing', async () => {
  await using world = await aWorkspace();
  const shell = await AgentShell.of(world);
  const killer = world.write('killer.cjs', KILLER);
  const seen = { asItIs: 0, asJob: 0, notRun: 0 };
  for (let at = 0; ; at += long ? 1 : 3) {
    await shell.before(COMMAND);
    const { code, stdout, stderr } = await shell.run(COMMAND, {
      NODE_OPTIONS: `--require ${killer}`,
      KILL_AT: String(at),
    });
    await until('all that was started has ended', () => world.processes().length === 0);
    const [job, ...more] = await jobs(world);
    const where = `killed at ${at}: ${stdout} ${stderr}`;
    assert.deepEqual([more, runs(world) <= 1], [[], true], where);
    if (runs(world) === 0)
      assert.match(stderr, /It is not run here, since the job may: codex-companion status run-/);
    // What ran in no job is told as none; what a job was to do and did not is told as that.
    if (job) assert.equal(job.status, runs(world) === 1 ? 'completed' : 'failed', where);
    seen[runs(world) === 0 ? 'notRun' : job ? 'asJob' : 'asItIs']++;
    assert.deepEqual(
      readdirSync(shell.tickets).filter((name) => name.endsWith('.step')),
      [],
      where,
    );
    if (stdout.includes('tracked job')) {
      assert.equal(code, 0, where);
      break;
    }
    rmSync(join(world.workspace, 'runs'), { force: true });
    for (const folder of [
      'workspaces',
      'sessions/claude-code-session-1/owed',
      'sessions/claude-code-session-1/jobs',
    ])
      rmSync(join(world.stateRoot, folder), { recursive: true, force: true });
  }
  assert.ok(seen.asItIs > 0 && seen.asJob > 0, JSON.stringify(seen));
});

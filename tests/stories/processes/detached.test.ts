/** A job belongs to nobody who started it: neither a tree, a terminal nor another job takes it along. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStat } from '../../../scripts/process/identity.ts';
import { processTable } from '../../../scripts/process/table.ts';
import { killIfThere } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const missing = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0;

/** A command that ends well once the file `go` is there. */
const UNTIL_GO = "sh -c 'until [ -e go ]; do sleep 0.05; done; echo well'";
const COMPANION = 'node "$COMPANION"';

function environment(world: World): Record<string, string> {
  return { ...world.env, COMPANION: join(world.bundles, 'companion.cjs') };
}

async function endsWell(world: World, id: string): Promise<void> {
  world.write('go', '');
  assert.equal((await world.cli('wait', id)).code, 0);
  assert.equal((await world.cli('logs', id)).stdout, 'well\n');
}

/** The ids that a command wrote into a file of the workspace, as soon as there are so many. */
async function idsIn(world: World, file: string, count: number): Promise<string[]> {
  return until(`${count} jobs are running`, () => {
    const ids = readFileSync(join(world.workspace, file), 'utf8').match(/run-\w+-\w+/g) ?? [];
    return new Set(ids).size === count && [...new Set(ids)];
  });
}

test('a host that kills the whole tree, group and session of its shell does not reach the job', async () => {
  await using world = await aWorkspace();
  const text = `${COMPANION} run --background -- ${UNTIL_GO} >ids; sleep 900 & setsid sleep 901 & wait`;
  const host = spawn('sh', ['-c', text], {
    cwd: world.workspace,
    env: environment(world),
    detached: true,
    stdio: 'ignore',
  });
  const gone = once(host, 'exit');
  const [id = ''] = await idsIn(world, 'ids', 1);
  await world.untilStage(id, 'running');
  await until(
    'the turn’s own children run',
    () => world.processes().filter(({ command }) => /^sleep 90/.test(command)).length === 2,
  );
  for (const pid of treeOf(host.pid ?? 0)) killIfThere(pid);
  await gone;
  await until('the tree is gone', () => world.processes().every(({ command }) => !/^sleep 90/.test(command)));
  await endsWell(world, id);
});

/** Descendants and whoever shares a group or session with one. */
function treeOf(root: number): number[] {
  const rows = [...processTable().values()];
  const tree = new Set([root]);
  for (const pid of tree)
    for (const { pid: other, parent, group, session } of rows)
      if (parent === pid || group === pid || session === pid) tree.add(other);
  return [...tree].filter((pid) => readStat(pid) !== undefined);
}

test('closing the terminal ends the shell in it, not the jobs: neither the one in the background nor the one waited for', {
  skip: missing('script') ? 'needs script(1) for a terminal' : false,
}, async () => {
  await using world = await aWorkspace();
  const line = `${COMPANION} run --background -- ${UNTIL_GO} >ids; ${COMPANION} run -- ${UNTIL_GO} 2>>ids; sleep 900`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: world.workspace,
    env: { ...environment(world), SHELL: '/bin/sh' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const closed = once(terminal, 'exit');
  const ids = await idsIn(world, 'ids', 2);
  for (const id of ids) {
    const { facts } = await world.untilStage(id, 'running');
    const command = await until('the command runs', () => world.reading(id).facts.command);
    assert.equal(terminalOf(command.pid), '0', 'no controlling terminal');
    assert.notEqual(facts.request.enqueuedBy.pid, readStat(command.pid)?.session);
  }
  terminal.kill('SIGKILL');
  await closed;
  await until('the shell in it is gone', () =>
    world.processes().every(({ command }) => !command.includes('sleep 900') && !command.includes(' run ')),
  );
  for (const id of ids) await endsWell(world, id);
});

/** Field 7 of proc(5)'s stat. */
function terminalOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4];
}

test('a job that another job started is a job of its own: cancelling the outer one leaves it alone', async () => {
  await using world = await aWorkspace();
  const text = `${COMPANION} run --background -- ${UNTIL_GO} >ids; exec ${COMPANION} run -- ${UNTIL_GO} 2>>ids`;
  const started = await world.cliWith(
    { env: environment(world) },
    'run',
    '--background',
    '--json',
    '--',
    'sh',
    '-c',
    text,
  );
  const outer: string = started.json.jobId;
  const inner = await idsIn(world, 'ids', 2);
  for (const id of inner) await until('its command runs', () => world.reading(id).facts.command);
  const { code, json } = await world.cli('cancel', outer, '--json');
  assert.deepEqual([code, json.left], [0, []]);
  assert.match(json.stopped.map((one: { command: string }) => one.command).join('\n'), /companion\.cjs run/);
  for (const id of inner) assert.equal(world.reading(id).state.stage, 'running');
  for (const id of inner) await endsWell(world, id);
});

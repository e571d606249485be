/** A follower ends when nobody reads it any more, and says what it was to wait for. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

/**
 * So soon after its reader a follower is to have ended: before a bare node has begun that moment and waited for this long, since a
 * busy machine may need seconds for anything. Milliseconds.
 */
const SOON_MS = 2_000;

const FOLLOWERS: Record<string, (id: string) => string[]> = {
  'logs --follow': (id) => ['logs', '--follow', id],
  'logs --follow --json': (id) => ['logs', '--follow', '--json', id],
  'logs --follow --raw': (id) => ['logs', '--follow', '--raw', id],
  'logs --until': (id) => ['logs', id, '--until', 'never'],
  wait: (id) => ['wait', id],
  'wait --any': (id) => ['wait', '--any', id],
  'wait --for': (id) => ['wait', id, '--for', 'never'],
  'status --wait': (id) => ['status', id, '--wait'],
  'events --follow': () => ['events', '--follow'],
};

async function silentJob(world: World): Promise<string> {
  const id = await world.run('sh', '-c', 'echo ready; exec sleep 300');
  const log = join(world.context().layout.jobs, id, 'output.log');
  await until('it is ready', () => readFileSync(log, 'utf8') === 'ready\n');
  return id;
}

/**
 * `codex-companion … | reader` to the end of both: the status of the first on stderr, and which of it and of the bare node that
 * begins with the reader's end was over first.
 */
async function piped(world: World, reader: string, args: string[]) {
  const order = world.write('order', '');
  const bare = `"$0" -e 'setTimeout(() => {}, ${SOON_MS})'; echo bare >>'${order}'`;
  const ours = `"$0" "$@"; echo "status $?" >&2; echo ours >>'${order}'`;
  const text = `{ ${ours}; } | { ${reader}; exec <&-; ${bare}; }`;
  const program = ['/bin/sh', '-c', text, process.execPath, join(world.bundles, 'companion.cjs')];
  const { stdout, stderr } = await world.startWith({ program }, ...args).ended;
  return { stdout, stderr, order: readFileSync(order, 'utf8') };
}

const OURS_FIRST = 'ours\nbare\n';

for (const [name, args] of Object.entries(FOLLOWERS)) {
  test(`${name} ends within ${SOON_MS} ms of its reader, with nothing to write; the job goes on`, async () => {
    await using world = await aWorkspace();
    const id = await silentJob(world);
    // Also where it has begun, and has nothing left to write, when its reader goes.
    const { stderr, order } = await piped(world, 'sleep 1', args(id));
    assert.equal(order, OURS_FIRST);
    assert.match(stderr, /status 141\n$/);
    assert.equal(world.reading(id).state.stage, 'running');
    await world.cli('cancel', id);
  });
}

test('run in the foreground ends with grep -q, and says that its job goes on', async () => {
  await using world = await aWorkspace();
  const { stderr, order } = await piped(world, 'grep -q ready', [
    'run',
    '--',
    'sh',
    '-c',
    'echo ready; exec sleep 300',
  ]);
  assert.equal(order, OURS_FIRST);
  const [, id = ''] =
    /Only the wait has ended \(nobody reads its output\); (run-\S+) goes on.*status 141\n$/s.exec(stderr) ??
    [];
  assert.equal(world.reading(id).state.stage, 'running', stderr);
  await world.cli('cancel');
});

test('a program that reads by a socket and closes it ends its follower, too', async () => {
  await using world = await aWorkspace();
  const id = await silentJob(world);
  const args = [join(world.bundles, 'companion.cjs'), 'logs', '--follow', id];
  const child = spawn(process.execPath, args, {
    cwd: world.workspace,
    env: world.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 141);
  await world.cli('cancel', id);
});

test('whoever reads on keeps its follower, also after a long silence of both', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', 'echo one; while [ ! -e go ]; do sleep 0.05; done; echo two');
  const reading = piped(world, 'cat', ['logs', '--follow', id]);
  await until('it follows', () => world.processes().some(({ command }) => command.includes('--follow')));
  await world.cli('wait', id, '--timeout', '3s');
  world.write('go', '');
  const { stdout, stderr } = await reading;
  assert.deepEqual([stdout, stderr.trim()], ['one\ntwo\n', 'status 0']);
});

const TALKING =
  'echo \x1b[32mlistening\x1b[0m on 8080; echo more; while [ ! -e go ]; do sleep 0.05; done; exit 3';

test('logs --until ends with the first line that matches, read as it is shown', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sh', '-c', TALKING);
  const { code, stdout } = await world.cli('logs', id, '--until', '^listening on \\d+$');
  assert.deepEqual([code, stdout], [0, 'listening on 8080\n']);
  const { json } = await world.cli('logs', id, '--json', '--until', 'listening');
  assert.deepEqual([json.text.includes('8080'), json.text.includes('more'), json.done], [true, false, false]);
  const late = await world.cli('logs', id, '--until', 'never', '--timeout', '300ms');
  assert.deepEqual([late.code, late.stdout], [124, 'listening on 8080\nmore\n']);
  world.write('go', '');
  const none = await world.cli('logs', id, '--until', 'never');
  assert.deepEqual([none.code, none.stdout], [1, 'listening on 8080\nmore\n']);
  assert.match(none.stderr, new RegExp(`${id} has ended, and no line matched`));
});

test('wait --for returns at the line, of whichever job, finished or not; else it says how they ended', async () => {
  await using world = await aWorkspace();
  const quiet = await world.run('sleep', '300');
  const id = await world.run('sh', '-c', `printf 'ready> '; ${TALKING}`);
  const unfinished = await world.cli('wait', id, '--for', 'ready> ');
  assert.deepEqual([unfinished.code, unfinished.stdout], [0, `${id}: ready> listening on 8080\n`]);
  const { code, json } = await world.cli('wait', quiet, id, '--for', 'more', '--json');
  assert.deepEqual([code, json.matched.jobId, json.matched.line, json.timedOut], [0, id, 'more', false]);
  assert.equal((await world.cli('wait', quiet, '--for', 'x', '--timeout', '200ms')).code, 124);
  world.write('go', '');
  const ended = await world.cli('wait', id, '--for', 'never');
  assert.deepEqual([ended.code, ended.stdout], [1, '']);
  assert.match(ended.stderr, new RegExp(`No line matched: ${id} failed \\(exit 3\\)`));
  assert.equal((await world.cli('wait', id, '--for', '(')).code, 2);
  await world.cli('cancel', quiet);
});

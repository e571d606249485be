/** The built program where it has to do without /proc: by `ps` alone, with /proc hidden, and on a system that is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** The bundles, made to believe that they are on macOS, with a wrapper that finds no /proc either. */
function byPsAlone(world: World): string[] {
  const copy = join(world.folder, 'by-ps');
  cpSync(world.bundles, copy, { recursive: true });
  replaceIn(join(copy, 'companion.cjs'), 'SYSTEM = process.platform', 'SYSTEM = "darwin"');
  replaceIn(join(copy, 'worker.mjs'), 'SYSTEM = process.platform', 'SYSTEM = "darwin"');
  replaceIn(join(copy, 'run-job.sh'), 'ccj_proc=/proc', 'ccj_proc=/nowhere');
  return [process.execPath, join(copy, 'companion.cjs')];
}

function replaceIn(file: string, old: string, replacement: string): void {
  const text = readFileSync(file, 'utf8');
  assert.equal(text.split(old).length, 2, `${file} holds "${old}" once`);
  writeFileSync(file, text.replace(old, replacement));
}

test('by ps alone a job runs, is paused, goes on, and is cancelled with its group and its descendants', async () => {
  await using world = await aWorkspace();
  const program = byPsAlone(world);
  const cli = (...args: string[]) => world.cliWith({ program }, ...args);
  const command = ['sh', '-c', 'sleep 861 & setsid sleep 862 & sleep 863'];
  const { jobId } = (await cli('run', '--background', '--json', '--', ...command)).json;
  const sleepers = () => world.processes().filter((one) => /^sleep 86/.test(one.command));
  await until('all three sleep', () => sleepers().length === 3);
  const status = async () => (await cli('status', jobId, '--json')).json.job;
  assert.equal((await status()).status, 'running');
  const paused = await cli('pause', jobId, '--json');
  assert.deepEqual([paused.code, paused.json.left], [0, []]);
  assert.equal((await status()).phase, 'paused');
  assert.equal((await cli('resume', jobId)).code, 0);
  const { code, stdout } = await cli('cancel', jobId);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^- Not looked for: processes that have left their parent and their group/m);
  assert.deepEqual(sleepers(), []);
  assert.equal((await status()).status, 'cancelled');
});

test('by ps alone a command’s own end is told, and what the system does not tell is told by the doctor', async () => {
  await using world = await aWorkspace();
  const program = byPsAlone(world);
  const run = await world.cliWith({ program }, 'run', '--', 'sh', '-c', 'echo hello; exit 3');
  assert.deepEqual([run.code, run.stdout], [3, 'hello\n']);
  const { json } = await world.cliWith({ program }, 'doctor', '--json');
  assert.equal(json.platform.name, 'darwin');
  assert.match(json.platform.missing[0], /^On darwin, .* cannot read the environment of another process: /);
  assert.deepEqual((await world.cli('doctor', '--json')).json.platform, { name: 'linux', missing: [] });
});

const HIDDEN = ['--user', '--map-root-user', '--mount'];
const hide = 'mount -t tmpfs none /proc';
const possible = spawnSync('unshare', [...HIDDEN, 'sh', '-c', hide]).status === 0;

test('a reader from which /proc is hidden takes nobody for dead: it refuses, and the job goes on', {
  skip: possible ? false : 'needs a mount namespace',
}, async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '864');
  await world.untilStage(id, 'running');
  const program = ['unshare', ...HIDDEN, 'sh', '-c', `${hide} && exec "$@"`, 'sh', process.execPath];
  const companion = join(world.bundles, 'companion.cjs');
  const reader = await world.cliWith({ program }, companion, 'status', id);
  assert.equal(reader.code, 5, reader.stdout);
  assert.match(reader.stderr, /No \/proc is mounted here/);
  assert.equal((await world.cli('status', id, '--json')).json.job.status, 'running');
  assert.equal((await world.cli('cancel', id)).code, 0);
});

const ON_WINDOWS = `Object.defineProperty(process, 'platform', { value: 'win32' })`;
const windows = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(ON_WINDOWS)}`];

test('Windows is refused by name, with a status of its own, but for help and version', async () => {
  await using world = await aWorkspace();
  const cli = (...args: string[]) =>
    world.cliWith({ program: [...windows, join(world.bundles, 'companion.cjs')] }, ...args);
  const refused = await cli('run', '--json', '--', 'true');
  assert.equal(refused.code, 5);
  assert.equal(refused.json.error.code, 'unsupported-platform');
  assert.match(refused.json.error.message, /^Windows is not supported: /);
  assert.equal((await cli('--version')).code, 0);
  assert.equal((await cli('run', '--help')).code, 0);
  const hook = await world.cliWith(
    { program: [...windows, join(world.bundles, 'session-hook.cjs')], stdin: '{}' },
    ...['claude-code', 'SessionStart', '/'],
  );
  assert.equal(hook.code, 0, 'a hook is in nobody’s way');
  assert.match(hook.stderr, /^codex-companion: Windows is not supported: /);
});

/** `setup --desktop-notifications`, with a stand-in for notify-send that records what it was given. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobDirectory } from '../../../../scripts/state/layout.ts';
import { desktopFiles } from '../../../../scripts/use-cases/notices/ways/desktop.ts';
import { desktopObstacle } from '../../../../scripts/use-cases/notices/ways/desktop-obstacle.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

/** Each call leaves a file of its arguments, NUL after each; then `then`. */
function aDesktop(world: World, then = ':'): void {
  const bin = join(world.folder, 'desktop-bin');
  for (const directory of [bin, callsOf(world)]) mkdirSync(directory);
  const record = `printf '%s\\0' "$@" >${callsOf(world)}/$$.part && mv ${callsOf(world)}/$$.part ${callsOf(world)}/$$`;
  writeFileSync(join(bin, 'notify-send'), `#!/bin/sh\n${record}\n${then}\n`, { mode: 0o755 });
  world.env.PATH = `${bin}:${world.env.PATH}`;
  world.env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${world.folder}/bus`;
}

const callsOf = (world: World) => join(world.folder, 'notified');
const calls = (world: World) =>
  readdirSync(callsOf(world))
    .filter((name) => !name.endsWith('.part'))
    .map((name) =>
      readFileSync(join(callsOf(world), name), 'utf8')
        .split('\0')
        .slice(0, -1),
    );
const filesOf = (world: World, id: string) => desktopFiles(jobDirectory(world.context().layout, id));

async function switchOn(world: World): Promise<void> {
  assert.equal((await world.cli('setup', '--desktop-notifications', 'on')).code, 0);
}

/** Everything that an end starts has come to its own. */
async function untilQuiet(world: World): Promise<void> {
  await until('nothing runs any more', () => world.processes().length === 0);
}

test('the end of a background job is shown once: its id, what it was, how it ended', async () => {
  await using world = await aWorkspace();
  aDesktop(world);
  await switchOn(world);
  const id = await world.run('sh', '-c', 'echo output; exit 3');
  const waited = await world.cli('wait', id);
  await untilQuiet(world);
  const [call = [], ...more] = calls(world);
  assert.deepEqual(more, []);
  const options = ['--app-name', 'codex-companion', '--expire-time', '10000'];
  assert.deepEqual(call, ["failed (exit 3): sh -c 'echo output; exit 3'", id, ...options]);
  assert.equal(readFileSync(filesOf(world, id).log, 'utf8'), '');
  // Title and bell of the terminal are the host's.
  assert.doesNotMatch(waited.stdout + waited.stderr, /[\x07\x1b]/);
  for (const again of ['sweep', 'status', 'cancel'])
    await world.cli(again, ...(again === 'cancel' ? [id] : []));
  await untilQuiet(world);
  assert.equal(calls(world).length, 1);
});

test('of many that come to show the same end one does, and none after an hour', async () => {
  await using world = await aWorkspace();
  aDesktop(world);
  const id = await world.run('true');
  await world.cli('wait', id);
  await untilQuiet(world);
  const directory = jobDirectory(world.context().layout, id);
  const program = [process.execPath, join(world.bundles, 'desktop.mjs'), directory];
  const ended = await Promise.all([1, 2, 3, 4, 5, 6].map(() => world.startWith({ program }).ended));
  assert.deepEqual([ended.map(({ code }) => code), calls(world).length], [[0, 0, 0, 0, 0, 0], 1]);
  rmSync(filesOf(world, id).claim);
  const outcome = join(directory, 'outcome.json');
  const twoHoursAgo = new Date(Date.now() - 7_200_000).toISOString();
  writeFileSync(
    outcome,
    JSON.stringify({ ...JSON.parse(readFileSync(outcome, 'utf8')), finishedAt: twoHoursAgo }),
  );
  await world.startWith({ program }).ended;
  assert.deepEqual([calls(world).length, existsSync(filesOf(world, id).claim)], [1, false]);
});

test('whatever a job is called, nothing of it is run, and it is no option and no markup', async () => {
  await using world = await aWorkspace();
  aDesktop(world);
  await switchOn(world);
  const hit = join(world.folder, 'hit');
  const names = [
    `"; touch ${hit}; "`,
    `$(touch ${hit})`,
    `\`touch ${hit}\``,
    `\\"; touch ${hit}; #`,
    `'; touch ${hit}; '`,
    `x\ntouch ${hit}\n`,
    `| touch ${hit} & <b onclick=x>bold</b> > ${hit}`,
    `--icon=${hit} -u critical !! %s %n \\n \\`,
  ];
  const ids: string[] = [];
  for (const name of names) ids.push(await world.run('true', name));
  await until('all are shown', () => calls(world).length === names.length);
  await untilQuiet(world);
  assert.equal(existsSync(hit), false);
  for (const [title = '', message, ...options] of calls(world)) {
    assert.match(title, /^completed: true [^\\&<>\p{Cc}]+$/u);
    assert.ok(ids.includes(String(message)), message);
    assert.deepEqual(options, ['--app-name', 'codex-companion', '--expire-time', '10000']);
  }
});

test('off by default, for foreground jobs, and without a desktop nothing is started', async () => {
  await using world = await aWorkspace();
  aDesktop(world);
  const ids = [await world.run('true')];
  await world.cli('wait', ids[0] ?? '');
  await untilQuiet(world); // what follows the end comes after `wait`, and would find it switched on
  await switchOn(world);
  ids.push((await world.cli('run', '--json', '--', 'true')).json.jobId);
  delete world.env.DBUS_SESSION_BUS_ADDRESS;
  ids.push(await world.run('true'));
  await world.cli('wait', ids[2] ?? '');
  await untilQuiet(world);
  assert.deepEqual(calls(world), []);
  for (const id of ids) assert.equal(existsSync(filesOf(world, id).log), false, id);
});

test('a notify-send that fails is in the job’s own log, and the job’s end stands', async () => {
  await using world = await aWorkspace();
  aDesktop(world, 'echo "no such bus" >&2; exit 1');
  await switchOn(world);
  const id = await world.run('true');
  assert.equal((await world.cli('wait', id)).code, 0);
  await untilQuiet(world);
  assert.match(readFileSync(filesOf(world, id).log, 'utf8'), /no such bus/);
  assert.equal(calls(world).length, 1);
});

test('setup shows the setting, and what is in the way where it is on', async () => {
  await using world = await aWorkspace();
  const line = async (...args: string[]) =>
    /^- desktop notifications: (.*)$/m.exec((await world.cli('setup', ...args)).stdout)?.[1];
  assert.equal(await line(), 'off');
  assert.match((await line('--desktop-notifications', 'on')) ?? '', /^on, but none can be shown: no /);
  aDesktop(world);
  assert.equal(await line(), 'at the end of background jobs');
  const wrong = await world.cli('setup', '--desktop-notifications', 'loud');
  assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
  const { json } = await world.cli('setup', '--desktop-notifications', 'off', '--json');
  assert.deepEqual([json.desktopNotifications, json.desktopObstacle], [false, null]);
});

test('what is in the way is told by its name', async () => {
  await using world = await aWorkspace();
  const none = { PATH: world.workspace, DISPLAY: ':0' };
  assert.match(desktopObstacle(none, '/nowhere', 'linux') ?? '', /^no notify-send on PATH/);
  assert.match(desktopObstacle(none, '/nowhere', 'darwin') ?? '', /Linux and BSD only/);
  world.write('notify-send', '#!/bin/sh\n', 0o755);
  assert.match(desktopObstacle({ PATH: world.workspace }, '/nowhere', 'linux') ?? '', /^no desktop session/);
  assert.match(desktopObstacle(none, world.workspace, 'linux') ?? '', /^no notify-send on PATH/);
  assert.equal(desktopObstacle(none, '/nowhere', 'linux'), null);
  assert.equal(desktopObstacle(none, '/nowhere', 'freebsd'), null);
  world.write('bus', '');
  const bus = { PATH: world.workspace, XDG_RUNTIME_DIR: world.workspace };
  assert.equal(desktopObstacle(bus, '/nowhere', 'linux'), null);
});

/** No program of the checkout is run by us, whatever PATH names there; the user's own command is his own. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HOST_NAMES } from '../../../scripts/domain/base/hosts.ts';
import { HOSTS } from '../../../scripts/hosts/hosts.ts';
import { untilNoBroker } from '../../support/codex/codex-jobs.ts';
import { hookInput, pluginOf } from '../../support/hosts/hooks.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** Whatever any part of us could look for by its name. */
const NAMES = [
  ...[
    'sh',
    'bash',
    'env',
    'node',
    'npm',
    'npx',
    'git',
    'codex',
    'claude',
    'notify-send',
    'gdbus',
    'systemd-run',
    'systemctl',
  ],
  ...[
    'cat',
    'rm',
    'mv',
    'ln',
    'ls',
    'readlink',
    'sleep',
    'tail',
    'head',
    'ps',
    'setsid',
    'perl',
    'kill',
    'date',
    'mkdir',
  ],
  ...[
    'id',
    'getent',
    'loginctl',
    'lsof',
    'sed',
    'grep',
    'awk',
    'stat',
    'uname',
    'mktemp',
    'chmod',
    'touch',
    'timeout',
  ],
];

/** Plants them in the checkout and in a folder of it; `ran` tells which were run. */
function plant(world: World): { path: string; ran: () => string[] } {
  const log = join(world.folder, 'planted.log');
  for (const name of NAMES)
    for (const folder of ['', 'node_modules/.bin/'])
      world.write(`${folder}${name}`, `#!/bin/sh\necho "${folder}${name} $*" >>'${log}'\nexit 3\n`, 0o755);
  const bin = join(world.workspace, 'node_modules/.bin');
  const link = join(world.folder, 'link');
  symlinkSync(world.workspace, link);
  const names = [bin, `/${bin}`, `${world.workspace}/./node_modules/.bin`, `${link}/node_modules/.bin`];
  return {
    path: `.::${names.join(':')}:node_modules/.bin:${world.env.PATH}`,
    ran: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
  };
}

test('hooks of both hosts run no program of the checkout', async () => {
  await using world = await aWorkspace();
  const { path, ran } = plant(world);
  const answered: string[] = [];
  for (const host of HOST_NAMES)
    for (const [event, groups] of Object.entries(HOSTS[host].hooks.declaration.hooks))
      for (const { command } of groups.flatMap(({ hooks }) => hooks)) {
        const env = { PATH: path, CLAUDE_PLUGIN_ROOT: pluginOf(world), PLUGIN_ROOT: pluginOf(world) };
        const session = host === 'claude-code' ? { CLAUDE_CODE_SESSION_ID: 'session-1' } : {};
        const input = { tool_name: 'Bash', tool_input: { command: 'sleep 1 &' }, command_args: 'x' };
        const stdin = JSON.stringify(hookInput(world, { event: event as never, input }));
        const program = ['/bin/sh', '-c', command];
        const { code, stderr } = await world.startWith({ env: { ...env, ...session }, stdin, program }).ended;
        assert.deepEqual([code, stderr], [0, ''], `${host} ${event}`);
        answered.push(`${host} ${event}`);
      }
  assert.ok(answered.includes('codex SessionEnd') && answered.includes('claude-code UserPromptExpansion'));
  assert.deepEqual(ran(), []);
});

test('the command line, a job and its watchdog run no program of the checkout', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { path, ran } = plant(world);
  const plugin = join(world.folder, 'plugin');
  for (const part of ['bin', 'hooks'])
    cpSync(join(import.meta.dirname, '../../..', part), join(plugin, part), { recursive: true });
  cpSync(world.bundles, join(plugin, 'dist'), { recursive: true });
  const program = ['/bin/sh', join(plugin, 'bin/codex-companion')];
  const env = { PATH: path, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere', DISPLAY: ':77' };
  const cc = (...args: string[]) => world.startWith({ env, program }, ...args).ended;
  await cc('setup', '--desktop-notifications', 'on');
  const limits = ['--deadline', '1h', '--stall', '1h', '--output-limit', '1M'];
  const run = await cc(
    'run',
    '--background',
    '--json',
    ...limits,
    '--leftovers',
    'stop',
    '--',
    '/bin/sh',
    '-c',
    'exit 3',
  );
  const task = await cc('task', '--background', '--json', '--on-complete', '/bin/true', '[[say:done]]');
  for (const { json } of [run, task]) await cc('wait', json.jobId);
  const { json: live } = await cc('run', '--background', '--json', '--', '/bin/sleep', '600');
  for (const verb of [
    ['status'],
    ['status', live.jobId],
    ['result', run.json.jobId],
    ['doctor'],
    ['sweep'],
    ['setup'],
    ['review', '--background'],
  ])
    await cc(...verb);
  await cc('cancel', '--all');
  await untilNoBroker(world);
  assert.deepEqual(ran(), []);
});

test('the wrapper passes over programs of the repository also where its job runs in a folder below', async () => {
  await using world = await aWorkspace();
  const [root, cwd] = [world.workspace, join(world.workspace, 'deep/er')];
  const own = join(world.folder, 'own');
  for (const folder of [cwd, own]) mkdirSync(folder, { recursive: true });
  for (const folder of [root, join(root, 'deep'), cwd, own])
    writeFileSync(join(folder, 'sometool'), '#!/bin/sh\n', { mode: 0o755 });
  const tools = join(import.meta.dirname, '../../../scripts/runners/shell/tools.sh');
  const find = '. "$1"; ccj_root=$2 ccj_cwd=$3; find_in "$4" sometool -x && printf %s "$ccj_found"';
  const found = async (home: string) => {
    const path = [root, join(root, 'deep'), cwd, own].join(':');
    const program = ['/bin/sh', '-c', find, 'sh', tools, root, cwd, path];
    return (await world.startWith({ program, env: { HOME: home } }).ended).stdout;
  };
  assert.equal(await found(world.home), join(own, 'sometool'));
  assert.equal(
    await found(join(cwd, 'home')),
    join(root, 'sometool'),
    'a repository around the home is the user’s',
  );
});

test('what the user runs is found as his shell finds it', async () => {
  await using world = await aWorkspace();
  const { path, ran } = plant(world);
  mkdirSync(join(world.folder, 'out'));
  await world.cliWith({ env: { PATH: path } }, 'run', '--', 'timeout', 'own');
  assert.deepEqual(ran(), ['timeout own']);
});

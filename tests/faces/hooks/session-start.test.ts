/** SessionStart, called as the hosts call it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { identify } from '../../../scripts/process/identity.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { callHook, endingJobs, type HookOptions, sessionJob } from '../../support/hosts/hooks.ts';
import { HELD_UP_MS } from '../../support/hosts/patient-node.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

const starts = (world: World, options: Partial<HookOptions> = {}) =>
  callHook(world, { event: 'SessionStart', ...options });

const sessions = (world: World) =>
  readState(world.context().layout).sessions.map(({ host, id, endedAt }) => ({
    host,
    id,
    ended: endedAt !== null,
  }));

/** What a repository can bring in the place of a file. */
const ENDLESS: Record<string, (path: string) => void> = {
  'a link to /dev/zero': (path) => symlinkSync('/dev/zero', path),
  'a FIFO': (path) => execFileSync('mkfifo', [path]),
  'a link to itself': (path) => symlinkSync(path, path),
  'a folder': (path) => mkdirSync(path),
  'a file of a terabyte': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 1024 ** 4);
  },
};

const silent = { code: 0, stdout: '', stderr: '' };

function outcome({ code, stdout, stderr, ms }: Awaited<ReturnType<typeof callHook>>) {
  assert.ok(ms < HELD_UP_MS, `took ${ms} ms`);
  return { code, stdout, stderr };
}

/** What a shell that has run the file finds in its environment. */
function exported(file: string): Record<string, string | undefined> {
  const names = [
    'CODEX_COMPANION_SESSION_ID',
    'CODEX_COMPANION_TRANSCRIPT_PATH',
    'CLAUDE_PLUGIN_DATA',
    'OTHER',
  ];
  const script = `. "$1"; for n in ${names.join(' ')}; do printenv "$n" || echo '(unset)'; done`;
  const lines = execFileSync('/bin/sh', ['-c', script, 'sh', file], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
  });
  const values = lines.split('\n');
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

for (const host of ['claude-code', 'codex'] as const) {
  test(`a session of ${host} is on record, once, however often its hook is called`, async () => {
    await using world = await aWorkspace();
    for (const source of ['startup', 'compact', 'resume'])
      assert.deepEqual(outcome(await starts(world, { host, input: { source } })), silent);
    assert.deepEqual(sessions(world), [{ host, id: 'session-1', ended: false }]);
  });
}

test('the agent’s shell gets one export for each variable, whatever stands in the values and in the file before', async () => {
  await using world = await aWorkspace();
  const folder = join(world.folder, `it's a "dir" $HOME`);
  mkdirSync(folder);
  const file = join(folder, 'sessionstart-hook-0.sh');
  writeFileSync(file, 'export OTHER="two\n\nlines"\n');
  const env = { CLAUDE_ENV_FILE: file, CLAUDE_PLUGIN_DATA: '/nowhere/data' };
  const transcript = `/a b/it's $(touch pwned) \`touch pwned\` "x" \\ é.jsonl`;
  const input = { transcript_path: transcript };
  for (const session of ['first', "it's; $(touch pwned)"]) {
    for (let call = 0; call < 3; call++)
      assert.deepEqual(outcome(await starts(world, { env, input, session })), silent);
    assert.deepEqual(exported(file), {
      CODEX_COMPANION_SESSION_ID: session,
      CODEX_COMPANION_TRANSCRIPT_PATH: transcript,
      CLAUDE_PLUGIN_DATA: '(unset)',
      OTHER: 'two',
    });
  }
  const text = readFileSync(file, 'utf8');
  assert.equal(text.match(/^export CODEX_COMPANION_/gm)?.length, 2);
  assert.equal(text.match(/^codex_companion_tickets=/gm)?.length, 1);
  assert.ok(text.startsWith('export OTHER="two\n\nlines"\n'));
  assert.deepEqual(readdirSync(folder), ['sessionstart-hook-0.sh']);
});

const stdins: Record<string, string | Buffer | 'open'> = {
  empty: '',
  'never closed': 'open',
  malformed: '{"session_id": "session-1", ',
  'not text': Buffer.from([0xff, 0xfe, 0, 1, 2, 0x7d]),
  'full of hostile fields': JSON.stringify({
    session_id: 7,
    cwd: '/nowhere/at/all',
    transcript_path: 'a\nb',
  }),
  huge: JSON.stringify({ session_id: 'session-1', pad: 'x'.repeat(20_000_000) }),
};

for (const [name, stdin] of Object.entries(stdins)) {
  test(`the session is registered by its id in the environment with a stdin that is ${name}`, async () => {
    await using world = await aWorkspace();
    const file = join(world.folder, 'env.sh');
    assert.deepEqual(outcome(await starts(world, { stdin, env: { CLAUDE_ENV_FILE: file } })), silent);
    assert.deepEqual(sessions(world), [{ host: 'claude-code', id: 'session-1', ended: false }]);
    const [first, second = '', ...rest] = readFileSync(file, 'utf8').split('\n');
    assert.deepEqual([first, rest], ["export CODEX_COMPANION_SESSION_ID='session-1'", ['']]);
    assert.match(
      second,
      /^codex_companion_tickets='.*\/sessions\/claude-code-session-1\/tickets'; if .*; fi$/,
    );
  });
}

for (const session of ['a\nb', 'x'.repeat(600), '\u001b[31m', '']) {
  test(`${JSON.stringify(session).slice(0, 20)} is no session id: nothing is registered or exported`, async () => {
    await using world = await aWorkspace();
    const file = join(world.folder, 'env.sh');
    writeFileSync(file, '');
    const env = { CLAUDE_ENV_FILE: file };
    assert.deepEqual(
      outcome(await starts(world, { session, env, input: { transcript_path: 'a\nb' } })),
      silent,
    );
    assert.deepEqual(sessions(world), []);
    assert.equal(readFileSync(file, 'utf8').includes('SESSION_ID'), false);
  });
}

test('a session in a deleted directory belongs to its project; where that is gone too, to none', async () => {
  await using world = await aWorkspace();
  const deleted = join(world.folder, 'deleted');
  const prefix = [
    '/bin/sh',
    '-c',
    `mkdir -p '${deleted}' && cd '${deleted}' && rmdir '${deleted}' && exec "$@"`,
    'sh',
  ];
  const input = { cwd: deleted };
  const first = await starts(world, { prefix, input });
  assert.deepEqual([first.code, first.stdout], [0, '']);
  const second = await starts(world, {
    prefix,
    input,
    session: 'lost',
    env: { CLAUDE_PROJECT_DIR: deleted },
  });
  assert.deepEqual([second.code, second.stdout], [0, '']);
  assert.deepEqual(sessions(world), [{ host: 'claude-code', id: 'session-1', ended: false }]);
});

test('a state root that cannot be written is told in one line, and the session goes on', async () => {
  await using world = await aWorkspace();
  const file = join(world.folder, 'env.sh');
  const env = { CODEX_COMPANION_HOME: '/dev/null/state', CLAUDE_ENV_FILE: file };
  const { code, stdout, stderr } = outcome(await starts(world, { env }));
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(JSON.parse(stdout).systemMessage, /^codex-companion: Cannot write \/dev\/null\/state[^\n]*$/);
  assert.match(readFileSync(file, 'utf8'), /SESSION_ID='session-1'/);
});

test('an environment file that cannot be written is told in one line on stderr', async () => {
  await using world = await aWorkspace();
  const { code, stdout, stderr } = await starts(world, { env: { CLAUDE_ENV_FILE: '/dev/null/env.sh' } });
  assert.deepEqual([code, stdout], [0, '']);
  assert.match(stderr, /^codex-companion: [^\n]*ENOTDIR[^\n]*\n$/);
  assert.deepEqual(sessions(world), [{ host: 'claude-code', id: 'session-1', ended: false }]);
});

test('under umask 000 all that is made is its owner’s alone', async () => {
  await using world = await aWorkspace();
  const file = join(world.folder, 'env.sh');
  const prefix = ['/bin/sh', '-c', 'umask 000; exec "$@"', 'sh'];
  await starts(world, { prefix, env: { CLAUDE_ENV_FILE: file } });
  const paths = readdirSync(world.stateRoot, { recursive: true, encoding: 'utf8' });
  const open = [file, world.stateRoot, ...paths.map((path) => join(world.stateRoot, path))].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  );
  assert.deepEqual(open, []);
});

test('a stopped holder of the lock does not hold the session up', async () => {
  await using world = await aWorkspace();
  await starts(world);
  const contender = join(import.meta.dirname, '../../support/scenarios/contender.ts');
  const holder = spawn(
    process.execPath,
    ['--import', 'tsx', contender, 'hold', world.context().layout.lockDirectory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(holder.stdout, 'data');
  holder.kill('SIGSTOP');
  try {
    assert.deepEqual(outcome(await starts(world, { session: 'session-2' })), silent);
  } finally {
    holder.kill('SIGKILL');
  }
});

test('where jobs live, the start of a session finds out the truth about them', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const job = await sessionJob(world, { background: true, session: 'earlier' });
  const { state } = await world.untilStage(job.id, 'running');
  assert.ok(state.stage === 'running');
  const command = await until('the command is known', () => world.reading(job.id).facts.command);
  process.kill(state.worker.pid, 'SIGKILL');
  process.kill(command.pid, 'SIGKILL');
  await starts(world);
  const indexed = () => readState(world.context().layout).jobs.find(({ id }) => id === job.id)?.finished;
  assert.equal((await until('the index knows the end', indexed)).ending, 'lost');
});

test('a killed client’s foreground job ends at the next start of a session, in another repository, too', async () => {
  await using world = await aWorkspace();
  await using _jobs = endingJobs(world);
  const elsewhere = join(world.folder, 'elsewhere');
  mkdirSync(join(elsewhere, '.git'), { recursive: true });
  const client = spawn('sleep', ['300']);
  const identity = identify(client.pid ?? 0);
  assert.ok(identity);
  const killed = { session: 'killed', client: identity };
  const foreground = await sessionJob(world, { ...killed, background: false, cwd: elsewhere });
  const background = await sessionJob(world, { ...killed, background: true, cwd: elsewhere });
  for (const job of [foreground, background]) await world.untilStage(job.id, 'running');
  await starts(world, { session: 'between' });
  client.kill('SIGKILL');
  await once(client, 'exit');
  await starts(world);
  const { state } = await world.untilStage(foreground.id, 'finished');
  assert.equal(state.stage === 'finished' && state.outcome.ending, 'cancelled');
  assert.equal(world.reading(background.id).state.stage, 'running');
});

for (const [name, plant] of Object.entries(ENDLESS)) {
  test(`a checkout whose settings are ${name} holds up no session`, async () => {
    await using world = await aWorkspace();
    const folder = join(world.workspace, '.claude');
    mkdirSync(folder);
    plant(join(folder, 'settings.json'));
    assert.deepEqual(outcome(await starts(world)), silent);
    assert.deepEqual(sessions(world), [{ host: 'claude-code', id: 'session-1', ended: false }]);
  });
}

test('the official plugin, enabled beside ours, is named; disabled it is not', async () => {
  await using world = await aWorkspace();
  const settings = (folder: string, name: string, enabled: unknown) => {
    mkdirSync(join(folder, '.claude'), { recursive: true });
    writeFileSync(
      join(folder, '.claude', name),
      JSON.stringify({ enabledPlugins: { 'codex@openai-codex': enabled } }),
    );
  };
  settings(world.home, 'settings.json', true);
  const { stdout } = outcome(await starts(world));
  assert.match(JSON.parse(stdout).systemMessage, /^codex-companion: [^\n]*codex@openai-codex[^\n]*$/);
  settings(world.workspace, 'settings.local.json', false);
  assert.deepEqual(outcome(await starts(world)), silent);
  rmSync(join(world.workspace, '.claude'), { recursive: true });
  for (const damaged of ['{', '[]', 'null', '{"enabledPlugins":[]}', '{"enabledPlugins":null}']) {
    writeFileSync(join(world.home, '.claude/settings.json'), damaged);
    assert.deepEqual(outcome(await starts(world)), silent, damaged);
  }
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_OF_ERROR } from '../../../scripts/faces/cli/exit-codes.ts';
import { VERBS } from '../../../scripts/faces/cli/verbs.ts';
import { until } from '../../support/wait.ts';
import { aWorkspace } from '../../support/world.ts';

test('every error is one JSON object with --json, and a sentence on stderr without', async () => {
  await using world = await aWorkspace();
  for (const [args, exit, code] of [
    [['frob'], 2, 'usage'],
    [['status', '--frob'], 2, 'usage'],
    [['status', 'a', 'b'], 2, 'usage'],
    [['status', '--wait'], 2, 'usage'],
    [['status', '--wait', 'a', 'b'], 2, 'usage'],
    [['doctor', 'me'], 2, 'usage'],
    [['sweep', '--', 'all'], 2, 'usage'],
    [['task-resume-candidate', 'x'], 2, 'usage'],
    [['result', 'run-none-none'], 3, 'unknown-job'],
    [['result'], 3, 'unknown-job'],
    [['task', 'x'], 4, 'codex-missing'],
  ] as const) {
    const { json, ...asJson } = await world.cli(...args.slice(0, 1), '--json', ...args.slice(1));
    assert.deepEqual([asJson.code, json.error.code, asJson.stderr], [exit, code, ''], args.join(' '));
    assert.deepEqual(Object.keys(json.error), ['code', 'message', 'hint']);
    const asText = await world.cli(...args);
    assert.deepEqual([asText.code, asText.stdout], [exit, ''], args.join(' '));
    assert.match(asText.stderr, /^codex-companion: .+\n( {2}.+\n)?$/);
  }
});

test('a --json in a quoted prompt asks for no JSON; between bare words it is refused', async () => {
  await using world = await aWorkspace();
  const quoted = await world.cli('task', '--write', 'what does --json print?');
  assert.deepEqual([quoted.code, quoted.stdout], [4, '']);
  assert.match(quoted.stderr, /^codex-companion: /);
  const bare = await world.cli('task', 'what', 'does', '--json', 'print?');
  assert.deepEqual([bare.code, bare.json.error.code], [2, 'usage']);
  assert.equal((await world.cli('task', 'hello', '--json')).json.error.code, 'codex-missing');
});

test('typos of verbs and options name what was meant', async () => {
  await using world = await aWorkspace();
  assert.match(
    (await world.cli('staus', '--json=false', 'a b')).stderr,
    /Did you mean status\?\n {2}try: codex-companion status --json=false 'a b'\n/,
  );
  assert.match((await world.cli('adversarial-reviw')).stderr, /Did you mean adversarial-review\?/);
  assert.match((await world.cli('logs', '--folow')).stderr, /Did you mean --follow\?/);
  const gate = await world.cli('setup', 'enable-review-gate');
  assert.match(gate.stderr, /takes options alone[\s\S]*Did you mean --enable-review-gate\?/);
  for (const verb of ['transfer', 'constructor', '__proto__']) assert.equal((await world.cli(verb)).code, 2);
});

test('other programs’ names for a verb are understood, and no other verb is suggested for what we have not', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  for (const verb of ['ls', 'ps']) assert.equal((await world.cli(verb, '--json')).json.running[0].id, id);
  for (const verb of ['tail', 'log']) assert.equal((await world.cli(verb, id)).code, 0);
  assert.equal((await world.cli('kill', id, '--json')).json.status, 'cancelled');
  assert.match((await world.cli('help', 'kill')).stdout, /^Usage: codex-companion cancel /m);
  for (const verb of ['jobs', 'list', 'top'])
    assert.equal((await world.cli(verb, '--json')).json.latestFinished.id, id);
  const started = await world.cli('start', '-d', '-n', 'mine', '--json', '--', 'true');
  assert.equal(started.json.title, 'mine');
  assert.equal((await world.cli('wait', 'mine')).code, 0);
});

test('what we have not is said, with a line that can be typed', async () => {
  await using world = await aWorkspace();
  for (const [verb, instead] of Object.entries({
    rm: 'codex-companion sweep',
    prune: 'codex-companion sweep',
    fg: 'codex-companion logs --follow',
    at: "codex-companion run --background --shell 'sleep 3600; npm test'",
    new: 'codex-companion --help',
    frob: 'codex-companion --help',
  })) {
    const { code, stderr } = await world.cli(verb);
    assert.equal(code, 2);
    assert.doesNotMatch(stderr, /Did you mean/, verb);
    assert.equal(/^ {2}try: (.*)$/m.exec(stderr)?.[1], instead, stderr);
  }
});

test('kill’s own form of a signal is refused with ours', async () => {
  await using world = await aWorkspace();
  const id = await world.run('sleep', '30');
  for (const [form, signal] of [
    ['-9', '9'],
    ['-INT', 'INT'],
  ] as const) {
    const { code, stderr } = await world.cli('kill', form, id);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`cancel takes a signal as --signal ${signal}, not as ${form}\\.`));
  }
  assert.equal((await world.cli('kill', '-s', '9', id, '--json')).json.status, 'cancelled');
});

test('a limit of nothing is refused, and none is said in so many words', async () => {
  await using world = await aWorkspace();
  for (const args of [
    ['run', '--deadline', '0', '--', 'true'],
    ['run', '--stall', '0s', '--', 'true'],
    ['run', '--output-limit', '0', '--', 'true'],
    ['setup', '--hold-one-shot-turn', '0'],
    ['setup', '--max-parallel', '0'],
    ['setup', '--keep-days', '0'],
    ['setup', '--keep-size', '0'],
    ['result', '--budget', '0'],
    ['logs', '--limit', '0'],
  ])
    assert.equal((await world.cli(...args)).code, 2, args.join(' '));
  assert.equal((await world.cli('run', '--deadline', 'none', '--', 'true')).code, 0);
});

test('a relative place for the state is refused, by name', async () => {
  await using world = await aWorkspace();
  for (const env of [{ CODEX_COMPANION_HOME: 'state' }, { CODEX_COMPANION_HOME: undefined, HOME: 'home' }]) {
    const { code, stderr } = await world.cliWith({ env }, 'run', '--', 'touch', 'ran');
    assert.equal(code, 5);
    assert.match(stderr, /^codex-companion: \w+ is "\w+", which is not an absolute path\.\n/);
    assert.equal(existsSync(join(world.workspace, 'ran')), false);
  }
});

test('options of every verb may stand before it', async () => {
  await using world = await aWorkspace();
  const id = await world.run('true');
  await world.cli('wait', id);
  for (const args of [
    ['-C', world.workspace, 'status', id, '--json'],
    ['--json', `--cwd=${world.workspace}`, 'status', id],
  ]) {
    const { json } = await world.cliWith({ cwd: '/' }, ...args);
    assert.equal(json.job.id, id);
  }
  assert.equal((await world.cli('-C')).code, 2);
  assert.equal((await world.cli('-C', '/nowhere', 'status')).code, 2);
});

test('every verb has its help, which starts nothing', async () => {
  await using world = await aWorkspace();
  const main = await world.cli('--help');
  for (const verb of Object.keys(VERBS)) {
    const { code, stdout, stderr } = await world.cli(verb, '--help');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^Usage: codex-companion ${verb}\\b`, 'm'));
    assert.match(stdout, new RegExp(`^Examples?:\\n(?: .*\\n)*?.*codex-companion ${verb}\\b`, 'm'));
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 120),
      `${verb}: a line is too long`,
    );
    assert.match(main.stdout, new RegExp(`^  ${verb} +\\S`, 'm'));
    assert.equal((await world.cli('help', verb)).stdout, stdout);
  }
  assert.deepEqual(world.processes(), []);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  assert.equal((await world.cli('--version')).stdout, `${version}\n`);
});

test('the help shows every exit status that there is', async () => {
  await using world = await aWorkspace();
  const { stdout } = await world.cli('--help');
  for (const status of [0, 1, ...Object.values(EXIT_OF_ERROR), 70, 124])
    assert.match(stdout.replace(/\s+/g, ' '), new RegExp(`[:·] ${status} `));
});

test('state that cannot be used is told by its reason, and nothing is started', async () => {
  await using world = await aWorkspace();
  mkdirSync(world.stateRoot, { mode: 0o777 });
  chmodSync(world.stateRoot, 0o777);
  const { code, json } = await world.cli('run', '--background', '--json', '--', 'sleep', '30');
  assert.deepEqual([code, json.error.code], [5, 'foreign-owner']);
  await using blocked = await aWorkspace();
  writeFileSync(blocked.stateRoot, 'a file in its place');
  const second = await blocked.cli('run', '--json', '--', 'sleep', '30');
  assert.equal(second.code, 5);
  assert.deepEqual([...world.processes(), ...blocked.processes()], []);
});

test('state of a newer version is left alone', async () => {
  await using world = await aWorkspace();
  const id = await world.run('true');
  await world.cli('wait', id);
  await until('its last step is done', () => world.processes().length === 0);
  const { stateFile } = world.context().layout;
  const newer = JSON.stringify({ ...JSON.parse(readFileSync(stateFile, 'utf8')), version: 99 });
  writeFileSync(stateFile, newer);
  const { code, json } = await world.cli('run', '--background', '--json', '--', 'sleep', '30');
  assert.deepEqual([code, json.error.code], [5, 'state-newer']);
  assert.equal(readFileSync(stateFile, 'utf8'), newer);
});

test('a directory that is not there is a usage error; --cwd acts as if called there', async () => {
  await using world = await aWorkspace({ git: false });
  mkdirSync(join(world.workspace, 'deep'));
  const { stdout } = await world.cli('run', '--cwd', 'deep', '--', 'pwd');
  assert.equal(stdout, `${join(world.workspace, 'deep')}\n`);
  assert.equal((await world.cli('status', '-C', 'nowhere')).code, 2);
  const gone = await world.cliWith(
    {
      program: ['sh', '-c', `mkdir gone && cd gone && rmdir ../gone && exec "$@"`, 'sh'],
    },
    process.execPath,
    join(world.bundles, 'companion.cjs'),
    'status',
    '--cwd',
    world.workspace,
  );
  assert.equal(gone.code, 0, gone.stderr);
});

test('an answer that nobody reads ends quietly', async () => {
  await using world = await aWorkspace();
  const companion = `'${process.execPath}' '${join(world.bundles, 'companion.cjs')}'`;
  const { stdout, stderr } = await world.cliWith({
    program: ['sh', '-c', `{ ${companion} status --json; echo "status $?" >&2; } | true`],
  });
  assert.deepEqual([stdout, stderr], ['', 'status 141\n']);
});

test('a .git that is a link to itself makes no repository, and no bug', async () => {
  await using world = await aWorkspace();
  const folder = join(world.workspace, 'folder');
  mkdirSync(folder);
  symlinkSync('.git', join(folder, '.git'));
  for (const args of [['status'], ['doctor'], ['sweep'], ['run', '--background', '--', 'true']]) {
    const { code, stderr } = await world.cliWith({ cwd: folder }, ...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  }
});

test('a prompt file that never ends is refused', async () => {
  await using world = await aWorkspace();
  const { code, stderr } = await world.cli('task', '--prompt-file', '/dev/zero');
  assert.equal(code, 2);
  assert.match(stderr, /The prompt file \/dev\/zero is longer than 16 MB\./);
});

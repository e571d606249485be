/** Completion, in the real shells where they are installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { noTerminal } from '../../support/terminal.ts';
import { aWorkspace, type World } from '../../support/world.ts';

/** A job's name may hold anything that a command line may be made of. */
const HOSTILE = '$(touch pwned); "it\'s" `touch pwned` <x>';

const lacks = (shell: string) => (spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `needs ${shell}`);

/**
 * A `codex-companion` for the PATH that completes as ours does, and otherwise only notes its arguments, a line a call and a
 * bar behind each.
 */
function onPath(world: World): { PATH: string; TERM: string } {
  const directory = join(world.folder, 'shells');
  mkdirSync(directory);
  const companion = join(world.bundles, 'companion.cjs');
  const script = `#!/bin/sh
case $1 in complete | completions) exec "${process.execPath}" "${companion}" "$@" ;; esac
{ printf '%s|' "$@"; echo; } >> "${typedFile(world)}"
`;
  writeFileSync(join(directory, 'codex-companion'), script, { mode: 0o755 });
  return { PATH: `${directory}:${world.env.PATH}`, TERM: 'dumb' };
}

const typedFile = (world: World) => join(world.folder, 'typed');

/** What the shell made of keys that were pressed on a terminal: the arguments of each call. */
async function pressed(world: World, shell: string, env: Record<string, string>, lines: string[]) {
  const keys = [...lines.map((line) => `codex-companion ${line}\n`), 'exit\n'].join('');
  const program = ['script', '-qec', shell, '/dev/null'];
  const { stdout } = await world.cliWith({ program, env, stdin: keys });
  return existsSync(typedFile(world)) ? readFileSync(typedFile(world), 'utf8').trim().split('\n') : [stdout];
}

async function withJobs(world: World): Promise<void> {
  for (const name of ['my tests', HOSTILE, 'tests'])
    assert.equal((await world.cli('run', '--name', name, '--', 'true')).code, 0);
}

const PRESSED = [
  'logs te\t',
  'logs my\t',
  'logs \\$\t',
  'logs @l\t',
  'resul\t@f\t',
  'task --eff\tx\t',
  'task --effort=xh\t',
];
const MADE = [
  'logs|tests|',
  'logs|my tests|',
  `logs|${HOSTILE}|`,
  'logs|@last|',
  'result|@failed|',
  'task|--effort|xhigh|',
  'task|--effort=xhigh|',
];

test('bash completes verbs, options, values and jobs, whatever a job is called', {
  skip: lacks('bash') || noTerminal,
}, async () => {
  await using world = await aWorkspace({ git: false });
  await withJobs(world);
  const rc = join(world.folder, 'bashrc');
  writeFileSync(rc, 'bind "set enable-bracketed-paste off"\n. <(codex-companion completions bash)\n');
  const shell = `bash --noprofile --rcfile '${rc}' -i`;
  const inQuotes = ["logs 'my\t", 'run -- unam\t'];
  assert.deepEqual(await pressed(world, shell, onPath(world), [...PRESSED, ...inQuotes]), [
    ...MADE,
    'logs|my tests|',
    'run|--|uname|',
  ]);
  assert.equal(existsSync(join(world.workspace, 'pwned')), false);
});

test('zsh completes them, too', { skip: lacks('zsh') || noTerminal }, async () => {
  await using world = await aWorkspace({ git: false });
  await withJobs(world);
  const rc = 'autoload -Uz compinit\ncompinit -u -D\nsource <(codex-companion completions zsh)\n';
  writeFileSync(join(world.folder, '.zshrc'), rc);
  const env = { ...onPath(world), ZDOTDIR: world.folder };
  assert.deepEqual(await pressed(world, 'zsh -d -i', env, PRESSED), MADE);
  assert.equal(existsSync(join(world.workspace, 'pwned')), false);
});

test('fish completes them with what they are', { skip: lacks('fish') }, async () => {
  await using world = await aWorkspace({ git: false });
  await withJobs(world);
  const env = onPath(world);
  await world.cli('completions', 'fish', '--install');
  const offered = async (typed: string) => {
    const program = ['fish', '-c', 'complete -C $LINE'];
    const { stdout } = await world.cliWith({ program, env: { ...env, LINE: `codex-companion ${typed}` } });
    return stdout.trim().split('\n');
  };
  assert.deepEqual(await offered('resul'), ['result\tthe result of a finished job']);
  assert.deepEqual(await offered('logs my'), ['my tests\tcompleted · true']);
  assert.deepEqual(await offered('logs \\$'), [`${HOSTILE}\tcompleted · true`]);
  assert.deepEqual(await offered('task --effort=xh'), ['--effort=xhigh']);
  assert.equal(existsSync(join(world.workspace, 'pwned')), false);
});

async function complete(world: World, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await world.cli('complete', '--', ...words);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.trimEnd().split('\n');
}

const valuesIn = (answer: string[]) => answer.slice(1).map((line) => line.split('\t')[0]);

test('what acts on live jobs is offered those alone, and an id where one is begun', async () => {
  await using world = await aWorkspace({ git: false });
  assert.deepEqual(await complete(world, 'cancel', ''), ['words']);
  await world.cli('run', '--name', 'over', '--', 'true');
  const id = await world.run('sleep', '600');
  assert.deepEqual(await complete(world, 'cancel', ''), [
    'words',
    '2\tlive · sleep 600',
    '@last\tthe latest job',
    '@failed\tthe latest one that failed',
  ]);
  assert.deepEqual(valuesIn(await complete(world, 'status', '')).slice(0, 3), ['2', '1', 'over']);
  assert.equal((await complete(world, 'kill', id.slice(0, 8))).at(-1), `${id}\tlive · sleep 600`);
  const elsewhere = ['-C', world.workspace, 'logs', ''];
  assert.ok(valuesIn(await complete(world, ...elsewhere)).includes('over'));
  await world.cli('cancel', id);
});

test('the shell is told where it completes by itself, and nothing is offered where nothing is known', async () => {
  await using world = await aWorkspace({ git: false });
  const answers: [words: string[], by: string][] = [
    [['-C', ''], 'directories'],
    [['task', '--prompt-file', ''], 'files'],
    [['task', 'look at '], 'files'],
    [['rerun', '1', '--', ''], 'files'],
    [['run', ''], 'command 1'],
    [['run', '-b', '--name', 'x', '--', 'make', ''], 'command 5'],
    [['run', '--name', ''], 'words'],
    [['no-such-verb', ''], 'words'],
    [['constructor', ''], 'words'],
    [['-C', '/nowhere', 'status', ''], 'words'],
    [['sweep', ''], 'words'],
  ];
  for (const [words, by] of answers) assert.deepEqual(await complete(world, ...words), [by], words.join(' '));
  assert.ok(valuesIn(await complete(world, '')).includes('adversarial-review'));
  assert.ok(valuesIn(await complete(world, 'run', '--')).includes('--leftovers'));
});

test('it is installed where the shell looks, and a file that is not ours stays', async () => {
  await using world = await aWorkspace({ git: false });
  const places = {
    bash: '.local/share/bash-completion/completions/codex-companion',
    zsh: '.zfunc/_codex-companion',
    fish: '.config/fish/completions/codex-companion.fish',
  };
  for (const [shell, place] of Object.entries(places)) {
    const file = join(world.home, place);
    const printed = (await world.cli('completions', shell)).stdout;
    for (const _ of ['first', 'again']) {
      const { code, stdout } = await world.cli('completions', shell, '--install');
      assert.equal(code, 0);
      assert.ok(stdout.startsWith(`Wrote ${file}.\n`) && stdout.endsWith(`To undo it: rm ${file}\n`), stdout);
      assert.equal(readFileSync(file, 'utf8'), printed);
    }
    writeFileSync(file, 'mine\n');
    const refused = await world.cli('completions', shell, '--install');
    assert.deepEqual([refused.code, readFileSync(file, 'utf8')], [2, 'mine\n']);
    assert.match(refused.stderr, /is not ours. Nothing was written/);
  }
});

test('a link that leads nowhere is not ours either; XDG directories count', async () => {
  await using world = await aWorkspace({ git: false });
  const env = { XDG_CONFIG_HOME: join(world.folder, 'config') };
  const file = join(world.folder, 'config/fish/completions/codex-companion.fish');
  mkdirSync(dirname(file), { recursive: true });
  symlinkSync(join(world.folder, 'elsewhere'), file);
  const { code, json } = await world.cliWith({ env }, 'completions', 'fish', '--install', '--json');
  assert.deepEqual([code, json.error.code], [2, 'usage']);
  assert.equal(existsSync(join(world.folder, 'elsewhere')), false);
});

test('completions without a shell, or for another one, names those there are', async () => {
  await using world = await aWorkspace({ git: false });
  for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
    const { code, stderr } = await world.cli('completions', ...args);
    assert.equal(code, 2);
    assert.match(stderr, /one shell of bash, zsh, fish; /);
  }
});

test('where no directory can be made, installing ends with a sentence', {
  skip: process.platform !== 'linux',
}, async () => {
  await using world = await aWorkspace();
  const env = { HOME: '/proc', XDG_DATA_HOME: undefined };
  const { code, stderr } = await world.cliWith({ env }, 'completions', 'bash', '--install');
  assert.equal(code, 5);
  assert.match(stderr, /\/proc\/\.local/);
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('what only a shell can do is refused with the line that does it, and nothing is started', async () => {
  for (const [line, typed, output] of [
    ['cc run -- cd sub', "codex-companion run --shell 'cd sub'", ''],
    ['cc run --name n -- source .env', "codex-companion run --name n --shell 'source .env'", 'sourced\n'],
    [
      'cc run -- WORD="a b" printenv WORD',
      "codex-companion run --shell 'WORD='\\''a b'\\'' printenv WORD'",
      'a b\n',
    ],
    ["cc run -- 'cd sub && ls'", "codex-companion run --shell 'cd sub && ls'", 'name\n'],
    ["cc run 'cd sub && ls'", "codex-companion run --shell 'cd sub && ls'", 'name\n'],
  ] as const) {
    await using world = await aWorkspace();
    world.write('.env', 'echo sourced\n');
    world.write('sub/name', '');
    const refused = await world.shell(line);
    assert.deepEqual([refused.code, refused.stdout], [2, ''], line);
    assert.equal(/ {2}try: (.*)/.exec(refused.stderr)?.[1], typed);
    assert.equal(existsSync(world.stateRoot), false);
    const pasted = await world.shell(typed.replace('codex-companion', 'cc'));
    assert.deepEqual([pasted.code, pasted.stdout], [0, output], pasted.stderr);
  }
});

test('behind a refused command, what follows && does not run', async () => {
  await using world = await aWorkspace();
  assert.equal((await world.shell('cc run -- cd x && echo followed')).stdout, '');
});

test('a missing program is 127, at the door and where only the job can know', async () => {
  await using world = await aWorkspace();
  for (const args of [['--json'], ['--background', '--json']]) {
    const { code, json } = await world.cli('run', ...args, '--', 'no-such-program', 'x');
    assert.deepEqual([code, json.error.code], [127, 'program-missing']);
    assert.match(json.error.message, /no-such-program: command not found\. Nothing was started/);
  }
  assert.equal(existsSync(world.stateRoot), false);
  const foreground = await world.cli('run', '--', './no-such-program');
  assert.equal(foreground.code, 127);
  assert.match(foreground.stderr, /failed \(exit 127\).*: \.\/no-such-program: command not found/);
  const id = await world.run('./no-such-program');
  assert.equal((await world.cli('wait', id)).code, 127);
  assert.equal((await world.cli('status', id, '--json')).json.job.outcome.exitCode, 127);
  world.write('script', 'echo\n', 0o644);
  assert.equal((await world.cli('run', './script')).code, 126);
  assert.equal((await world.cli('run', '--shell', 'no-such-program')).code, 127);
});

test('what cannot be executed is told in our words, without our own files', async () => {
  await using world = await aWorkspace();
  world.write('data', '\u007fELF no program', 0o755);
  world.write('orphan', '#!/nowhere/interpreter\n', 0o755);
  world.write('plain', 'echo\n', 0o644);
  world.write('folder/file', '');
  for (const [name, why] of [
    ['data', 'no program for this system'],
    ['orphan', 'its interpreter is missing'],
    ['plain', 'no execute permission'],
    ['folder', 'is a directory'],
  ] as const) {
    const { code, stdout, stderr } = await world.cli('run', '--', `./${name}`);
    assert.equal(code, 126, name);
    // Of what only the kernel can refuse, the shell has a line of its own.
    if (/permission|directory/.test(why)) assert.doesNotMatch(stdout + stderr, /run-job/, name);
    assert.match(stderr, new RegExp(`failed \\(exit 126\\).*: \\./${name} .*${why}`));
  }
});

test('run takes its command without --, and its words as they are', async () => {
  await using world = await aWorkspace();
  assert.equal((await world.cli('run', 'echo', '-n', '--', '--json', 'a  b')).stdout, '-- --json a  b');
  const both = await world.cli('run', 'echo', '--background');
  assert.equal(both.code, 2);
  assert.match(
    both.stderr,
    /try: codex-companion run --background -- echo {3}or {3}codex-companion run -- echo --background/,
  );
});

test('Command: can be pasted, however long, and whatever is in its words', async () => {
  await using world = await aWorkspace();
  const words = ['a b', "it's", '', 'two\nlines', '~', '$HOME', 'x'.repeat(120)];
  const id = await world.run('printf', '%s|', ...words);
  await world.cli('wait', id);
  const { stdout } = await world.cli('result', id);
  const command = /^Command: ([\s\S]*?)\nLog: /m.exec(stdout)?.[1] ?? '';
  assert.match(command, /^printf '%s\|' 'a b' 'it'\\''s' '' /);
  assert.equal((await world.shell(command)).stdout, words.map((word) => `${word}|`).join(''));
});

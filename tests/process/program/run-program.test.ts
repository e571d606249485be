/** Asking another program: what it gets, what it may cost, and what is left of it. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Answer, runProgram } from '../../../scripts/process/program/run-program.ts';
import { programOnPath } from '../../../scripts/process/search-path.ts';
import { assertNoneLeft } from '../../support/leaks.ts';
import { scratch } from '../../support/scratch.ts';

const LIMIT_MS = 30_000;
const sh = (cwd: string, text: string, more: object = {}) =>
  runProgram('sh', ['-c', text], {
    environment: { PATH: '/usr/bin:/bin' },
    workspace: null,
    cwd,
    limitMs: LIMIT_MS,
    ...more,
  });

const told = ({ succeeded, stdout, stderr }: Answer) => ({ succeeded, stdout, stderr });

test('it gets the given environment and nothing on stdin, and its words come back', async () => {
  using folder = scratch();
  const environment = { PATH: '.:/usr/bin::/bin', ONLY: 'this', NOT: undefined };
  const text = 'env | grep -v "^PWD=" | sort; cat; pwd; echo low >&2'; // dash exports a PWD of its own
  assert.deepEqual(told(await sh(folder.path, text, { environment })), {
    succeeded: true,
    stdout: `ONLY=this\nPATH=/usr/bin:/bin\n${folder.path}\n`,
    stderr: 'low\n',
  });
  assert.equal((await sh(folder.path, 'cat', { input: 'words' })).stdout, 'words');
  assert.equal((await sh(folder.path, 'exec <&-; echo done', { input: 'x'.repeat(9e6) })).stdout, 'done\n');
});

test('a failure says the command, what became of it, and its last words', async () => {
  using folder = scratch();
  const failure = async (text: string, more = {}) => {
    const answer = await sh(folder.path, text, more);
    return answer.succeeded ? assert.fail('it succeeded') : answer;
  };
  const exited = await failure('echo first >&2; echo last >&2; exit 3');
  assert.deepEqual([exited.cause, exited.status], ['failed', 3]);
  assert.equal(
    exited.sentence,
    '`sh -c echo first >&2; echo last >&2; exit 3` exited with status 3: first · last',
  );
  assert.equal((await failure('kill -9 $$')).sentence, '`sh -c kill -9 $$` was ended by SIGKILL');
  const missing = await runProgram('no-such', [], {
    environment: { PATH: '/bin' },
    workspace: '/w',
    limitMs: 1,
  });
  assert.deepEqual(
    [missing.succeeded || missing.cause, missing.succeeded || missing.sentence],
    ['missing', '`no-such` cannot be run: there is no no-such on PATH outside /w'],
  );
  const nowhere = await failure('true', { cwd: join(folder.path, 'gone') });
  assert.equal(nowhere.cause, 'missing');
  assert.match(nowhere.sentence, /^`sh -c true` cannot be run: /);
});

test('what gives no answer in time is ended, with all that it has started, whatever that ignores', async () => {
  using folder = scratch();
  const text = 'trap "" TERM; sleep 300 & sleep 300 & echo said; while :; do sleep 1; done';
  const answer = await sh(folder.path, text, { limitMs: 300 });
  assert.deepEqual([answer.succeeded || answer.cause, answer.stdout], ['time', 'said\n']);
  await assertNoneLeft(folder.path);
});

test('what prints without end is ended', async () => {
  using folder = scratch();
  const answer = await sh(folder.path, 'yes & yes', { mostCharacters: 1_000 });
  assert.deepEqual([answer.succeeded || answer.cause, answer.stdout.length], ['output', 1_000]);
  await assertNoneLeft(folder.path);
});

test('a background process that keeps the pipe keeps nobody', async () => {
  using folder = scratch();
  const answer = await sh(folder.path, 'sh -c "while [ ! -e stop ]; do sleep 0.1; done" & echo said');
  assert.deepEqual(told(answer), { succeeded: true, stdout: 'said\n', stderr: '' });
  writeFileSync(join(folder.path, 'stop'), '');
  await assertNoneLeft(folder.path);
});

test('no program of the workspace is run: by a relative entry, by a whole one, or through a link', () => {
  using folder = scratch();
  const [workspace, elsewhere] = [join(folder.path, 'project'), join(folder.path, 'elsewhere')];
  for (const bin of [join(workspace, 'bin'), join(elsewhere, 'bin')]) {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'git'), '#!/bin/sh\n', { mode: 0o755 });
  }
  symlinkSync(join(workspace, 'bin'), join(elsewhere, 'link'));
  const found = (entries: string[], HOME = elsewhere) =>
    programOnPath({ PATH: entries.join(':'), HOME }, 'git', workspace);
  const planted = ['.', 'bin', '', '../project/bin', `${workspace}/bin`, workspace, `${elsewhere}/link`];
  assert.equal(found([...planted, `${workspace}/../project/bin`]), undefined);
  assert.equal(found([...planted, `${elsewhere}/bin`]), join(elsewhere, 'bin/git'));
  // Somebody who works in the home directory itself has the programs of his own below it.
  assert.equal(found([`${workspace}/bin`], join(workspace, 'home')), join(workspace, 'bin/git'));
});

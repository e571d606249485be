import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandLineOf } from '../../scripts/process/command-line.ts';
import { readStat } from '../../scripts/process/identity.ts';
import { processTable } from '../../scripts/process/table.ts';
import { builtBundles } from '../support/bundles.ts';
import { until } from '../support/wait.ts';

const NOBODY = 65534;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** A user without rights, with a program at hand that makes another user of whoever runs it. */
class Nobody implements Disposable {
  // Not below the tests' own temp directory, into which nobody else may look.
  readonly folder = mkdtempSync('/tmp/ccf-');
  readonly becomeRoot = join(this.folder, 'become');
  readonly #env: Record<string, string>;

  constructor() {
    chmodSync(this.folder, 0o755);
    copyFileSync('/usr/bin/setpriv', this.becomeRoot);
    chmodSync(this.becomeRoot, 0o4755);
    cpSync(builtBundles(), join(this.folder, 'bundles'), { recursive: true });
    const home = join(this.folder, 'home');
    mkdirSync(home);
    chownSync(home, NOBODY, NOBODY);
    const run = process.env.CODEX_COMPANION_TEST_RUN;
    this.#env = {
      PATH: '/usr/bin:/bin',
      HOME: home,
      ...(run === undefined ? {} : { CODEX_COMPANION_TEST_RUN: run }),
    };
  }

  cli(...args: string[]) {
    return this.run(process.execPath, join(this.folder, 'bundles', 'companion.cjs'), ...args);
  }

  run(...command: string[]) {
    const options = { cwd: this.#env.HOME, env: this.#env, encoding: 'utf8', timeout: 60_000 } as const;
    const { status, stdout, stderr } = spawnSync('/usr/bin/setpriv', [...AS_NOBODY, ...command], options);
    return { status, said: `${stdout}${stderr}`, json: () => JSON.parse(stdout) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root, to be two users';
  using nobody = new Nobody();
  const works =
    nobody.cli('--version').status === 0 && nobody.run(nobody.becomeRoot, '--reuid=0', 'true').status === 0;
  return works ? false : 'needs a temp directory that honours setuid, and a node for everybody';
}

test('a process that became another user’s is named as left; the job is cancelled only when that has ended', {
  skip: whyNot(),
}, async () => {
  using nobody = new Nobody();
  const text = `${nobody.becomeRoot} --reuid=0 --regid=0 --clear-groups sleep 877 & sleep 876`;
  const { jobId } = nobody.cli('run', '--background', '--json', '--', 'sh', '-c', text).json();
  const theirs = await until('it is another user’s', () =>
    [...processTable().values()].find(({ pid }) => commandLineOf(pid) === 'sleep 877'),
  );
  try {
    const first = nobody.cli('cancel', jobId, '--grace', '100ms', '--json');
    assert.equal(first.status, 6, first.said);
    assert.deepEqual(
      first.json().left.map(({ pid, why }: { pid: number; why: string }) => [pid, why]),
      [[theirs.pid, 'it belongs to another user (uid 0)']],
    );
    // What it was known by is gone: its parent and the session's leader. Its environment was never readable.
    const again = nobody.cli('cancel', jobId, '--grace', '100ms', '--json');
    assert.deepEqual([again.status, again.json().status, again.json().left.length], [6, 'running', 1]);
    assert.equal(nobody.cli('status', jobId, '--json').json().job.phase, 'stopping');
  } finally {
    if (readStat(theirs.pid)?.start === theirs.start) process.kill(theirs.pid, 'SIGKILL');
  }
  await until('it is gone', () => readStat(theirs.pid)?.start !== theirs.start);
  assert.equal(nobody.cli('status', jobId, '--json').json().job.status, 'cancelled');
});

test('a repository that another user planted above a directory takes no jobs out of sight', {
  skip: whyNot(),
}, () => {
  using nobody = new Nobody();
  const git = join(nobody.folder, '.git');
  for (const part of ['objects', 'refs']) mkdirSync(join(git, part), { recursive: true });
  writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n');
  const rootOf = (owner: number) => {
    chownSync(git, owner, owner);
    return nobody.cli('status', '--json').json().workspaceRoot;
  };
  const home = join(nobody.folder, 'home');
  assert.equal(rootOf(NOBODY - 1), home);
  assert.equal(rootOf(NOBODY), nobody.folder);
  assert.equal(rootOf(0), nobody.folder);
});

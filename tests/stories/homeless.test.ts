import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VERBS } from '../../scripts/faces/cli/verbs.ts';
import { builtBundles } from '../support/bundles.ts';

const STRANGER = 54_321;

/** A user without HOME whom the password database does not know, as in many containers. */
class Stranger implements Disposable {
  // Not below the tests' own temp directory, into which nobody else may look.
  readonly folder = mkdtempSync('/tmp/cch-');

  constructor() {
    chmodSync(this.folder, 0o755);
    cpSync(builtBundles(), join(this.folder, 'bundles'), { recursive: true });
  }

  run(args: string[], env: Record<string, string> = {}) {
    const as = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups', process.execPath];
    const [program = '', ...rest] = args;
    const { status, stdout, stderr } = spawnSync(
      '/usr/bin/setpriv',
      [...as, join(this.folder, 'bundles', program), ...rest],
      { cwd: '/', env: { PATH: '/usr/bin:/bin', ...env }, encoding: 'utf8', timeout: 60_000 },
    );
    return { status, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function whyNot(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root, to be another user';
  using stranger = new Stranger();
  return stranger.run(['companion.cjs', '--version']).status === 0 ? false : 'needs a node for everybody';
}

test('without HOME and without an entry for the user every verb says what to set, and exits 5', {
  skip: whyNot(),
}, () => {
  using stranger = new Stranger();
  for (const verb of Object.keys(VERBS)) {
    const { status, stdout, stderr } = stranger.run(['companion.cjs', verb]);
    assert.deepEqual([status, stdout], [5, ''], stderr);
    assert.match(
      stderr,
      /^codex-companion: .*HOME is not set.*54321\.\n {2}Set HOME, or CODEX_COMPANION_HOME .*\n$/,
    );
  }
  assert.equal(stranger.run(['companion.cjs', 'status', '--help']).status, 0);
  const hook = stranger.run(['session-hook.cjs', 'claude-code', 'SessionStart', '/']);
  assert.deepEqual([hook.status, hook.stdout], [0, '']);
  assert.match(hook.stderr, /^codex-companion: .*HOME is not set[^\n]*\n$/);
  const state = join(stranger.folder, 'nowhere');
  assert.equal(stranger.run(['companion.cjs', 'status'], { XDG_STATE_HOME: state }).status, 0);
});

test('a home on a file system that takes no directory is named, and nothing is started', {
  skip: whyNot(),
}, () => {
  using stranger = new Stranger();
  const { status, stderr } = stranger.run(['companion.cjs', 'run', '--', 'true'], { HOME: '/proc' });
  assert.equal(status, 5, stderr);
  assert.match(
    stderr,
    /^codex-companion: Cannot write \/proc\/\S+ \(E\w+\); nothing was started or changed\.$/m,
  );
});

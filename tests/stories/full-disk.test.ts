import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../support/world.ts';

const IN_NAMESPACE = ['--mount', 'sh', '-c'];
const possible = spawnSync('unshare', [...IN_NAMESPACE, 'mount -t tmpfs none /mnt']).status === 0;

/** A file system of its own for the state, which the job fills; what each verb says, one after the other. */
const SCENARIO = `
set -e
mkdir -p "$STATE" && mount -t tmpfs -o size=6m none "$STATE"
export CODEX_COMPANION_HOME="$STATE/state"
cc() { code=0; "$NODE" "$BUNDLE" "$@" </dev/null || code=$?; echo "$1: exit $code"; }
cc run --background -- sh -c 'while :; do cat /dev/zero; sleep 0.1; done 2>/dev/null'
tries=0
while [ "$(df --output=avail "$STATE" | tail -1)" -gt 0 ] && [ "$tries" -lt 300 ]; do
  tries=$((tries + 1)); sleep 0.1
done
cc cancel
cc status
cc sweep
find "$STATE" -name output.log -exec truncate -s 0 {} +
cc sweep
cc status
cat "$STATE"/state/workspaces/*/history.jsonl
`;

test('a job that has filled the disk can be stopped, and what cannot be written is said', {
  skip: possible ? false : 'needs the right to mount',
}, async () => {
  await using world = await aWorkspace();
  const { status, stdout, stderr } = spawnSync('unshare', [...IN_NAMESPACE, SCENARIO], {
    cwd: world.workspace,
    env: {
      ...world.env,
      NODE: process.execPath,
      BUNDLE: join(world.bundles, 'companion.cjs'),
      STATE: join(world.workspace, 'small'),
    },
    encoding: 'utf8',
    timeout: 120_000,
  });
  const said = stdout + stderr;
  assert.equal(status, 0, said);
  assert.match(stdout, /Stopped run-\S+; the disk is too full to record .* it reads failed \(SIGTERM\)/);
  const codes = stdout.match(/^\w+: exit \d+$/gm);
  const done = ['run', 'cancel', 'status', 'sweep', 'sweep', 'status'].map((verb) => `${verb}: exit 0`);
  assert.deepEqual(codes, done, said);
  assert.match(stdout, /could not be put in order/);
  assert.doesNotMatch(said, /This is a bug/);
  const history = stdout.split('\n').filter((line) => line.startsWith('{'));
  assert.equal(history.length, 1, said);
  assert.equal(JSON.parse(history[0] ?? '').finished.ending, 'failed', said);
});

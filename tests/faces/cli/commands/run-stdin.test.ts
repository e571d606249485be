import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('--stdin /dev/stdin is the file that stands behind it', async () => {
  await using world = await aWorkspace();
  world.write('input', 'first\n');
  const line = '"$0" "$1" run --stdin /dev/stdin -- cat <input';
  const args = ['-c', line, process.execPath, join(world.bundles, 'companion.mjs')];
  const options = { cwd: world.workspace, env: world.env, encoding: 'utf8', timeout: 60_000 } as const;
  assert.equal(execFileSync('sh', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] }), 'first\n');
});

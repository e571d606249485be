import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aWorkspace } from '../../../support/world.ts';

test('the demonstration shows the main job, all as promised, and leaves nothing', async () => {
  await using world = await aWorkspace();
  // As installed: it calls the hook that lies beside its own directory.
  const plugin = join(world.folder, 'the plugin');
  cpSync(join(import.meta.dirname, '../../../../hooks'), join(plugin, 'hooks'), { recursive: true });
  cpSync(world.bundles, join(plugin, 'dist'), { recursive: true });
  const program = [process.execPath, join(plugin, 'dist/companion.cjs')];
  const { code, stdout, stderr } = await world.cliWith({ program }, 'demo', '--shell');
  assert.deepEqual([code, stderr], [0, ''], stdout);
  assert.match(stdout, /^A demonstration with a shell job \(as asked for by --shell\)\.$/m);
  assert.equal(stdout.match(/✔/g)?.length, 5);
  assert.ok(!existsSync(world.stateRoot), 'it has a state of its own');
  const { json } = await world.cliWith({ program }, 'demo', '--json');
  assert.equal(json.promised, true);
  assert.match(json.story, /^A demonstration with a shell job \(codex is not installed\)\.$/m);
  assert.deepEqual(
    readdirSync(world.folder).filter((name) => name.startsWith('ccd-')),
    [],
  );
});

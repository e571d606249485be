/** The broker is no way out of Codex's sandbox: a sandboxed command with network access tries it, on the real Codex. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { mustSucceed } from '../../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const ATTACK = join(import.meta.dirname, '../../support/real/broker-attack.mjs');

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const host of ['a task of ours', 'a session of Codex']) {
    test(`a sandboxed command with network access, in ${host}, gets nothing run through the broker`, async () => {
      await using world = await codexWorld(clients);
      withNetworkAccess(world);
      const outside = world.account.path('outside');
      mkdirSync(outside);
      const { root, directory } = world.layout;
      const attack = `node ${ATTACK} ${root} ${basename(directory)} ${outside} > attack.json 2> attack.err`;
      // The sandbox holds: what is not there afterwards was not kept away by chance.
      const prompt = `[[exec:touch ${outside}/directly; ${attack}]][[say:done]]`;
      if (host === 'a task of ours') await world.ask('task', '--write', '--wait', prompt);
      else
        await besideATask(world, ['exec', '--skip-git-repo-check', '--sandbox', 'workspace-write', prompt]);

      const said = readFileSync(join(world.workspace, 'attack.err'), 'utf8');
      assert.equal(said, '');
      const told = JSON.parse(readFileSync(join(world.workspace, 'attack.json'), 'utf8'));
      assert.deepEqual(readdirSync(outside), [], JSON.stringify(told, null, 2));
      for (const name of ['an invented job, version 2', 'a living job, version 2', 'a nonce again']) {
        assert.match(told[name].nonce, /^[0-9a-f]{32}$/, 'it got as far as that');
        assert.match(told[name].forged, /^(EROFS|EACCES|EPERM)$/);
        assert.match(told[name].hello.error, /^A greeting must prove /);
        assert.match(told[name].exec.error, /^command\/exec came before broker\/hello\.$/);
      }
      assert.match(told['a living job, version 1'].hello.error, /speaks version 2/);
      assert.match(told['no greeting'].exec.error, /came before broker\/hello/);
      await nothingIsLeft(world);
    });
  }

  test('a task that writes a Codex configuration into the workspace gives the next task no wider sandbox', async () => {
    await using world = await codexWorld(clients);
    withNetworkAccess(world, `[projects.${JSON.stringify(world.workspace)}]\ntrust_level = "trusted"\n`);
    const outside = world.account.path('outside');
    mkdirSync(outside);
    const wide = `[sandbox_workspace_write]\\nwritable_roots = [\\"${outside}\\"]\\n`;
    const plant = `mkdir -p sub/.codex && printf '${wide}' > sub/.codex/config.toml`;
    await world.ask('task', '--write', '--wait', `[[exec:${plant}]][[say:done]]`);
    const planted = readFileSync(join(world.workspace, 'sub/.codex/config.toml'), 'utf8');
    assert.match(planted, /writable_roots = \[".*outside"\]/);
    const sub = join(world.workspace, 'sub');
    await world.ask(
      'task',
      '--write',
      '--wait',
      '--cwd',
      sub,
      `[[exec:touch ${outside}/out here]][[say:done]]`,
    );
    assert.deepEqual(readdirSync(outside), []);
    assert.ok(readdirSync(sub).includes('here'), 'it could write where it may');
    await nothingIsLeft(world);
  });
}

/** The folders that the test itself lies in are not among those that the sandbox may write. */
function withNetworkAccess(world: CodexWorld, more = ''): void {
  const config = join(world.account.home, '.codex/config.toml');
  const policy = ['network_access', 'exclude_slash_tmp', 'exclude_tmpdir_env_var']
    .map((name) => `${name} = true\n`)
    .join('');
  writeFileSync(config, `${readFileSync(config, 'utf8')}\n[sandbox_workspace_write]\n${policy}\n${more}`);
}

/** While another task keeps the broker up. */
async function besideATask(world: CodexWorld, args: string[]): Promise<void> {
  const { jobId } = await world.ask('task', '--background', '[[hold]][[say:held]]');
  await until('its turn runs', () => world.codexModel.requests.length > 0);
  mustSucceed('codex exec', await world.codex.run(args, { cwd: world.workspace }));
  world.codexModel.release();
  await world.ask('wait', jobId);
}

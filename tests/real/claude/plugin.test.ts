/** Our plugin in the real hosts, installed as a user installs it: from a clone, or from the tarball that npm has. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installClients, versions } from '../../support/real/clients.ts';
import { copyPlugin, unpackTarball } from '../../support/real/plugin-copy.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version} runs commands in one session, then in the next`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, program);
      await using first = await world.startSession();
      assert.equal(await world.bash(first, 'git log --format=%s'), 'Start');
      assert.match(await world.bash(first, 'codex --version'), new RegExp(versions.codex));
      await using second = await world.newSession(first);
      assert.equal(await world.bash(second, 'echo "$PWD"'), world.workspace);
      assert.equal(await second.exit(), 0);
    });
  }

  for (const [source, from] of Object.entries({ 'a clone': copyPlugin, 'the tarball': unpackTarball })) {
    test(`claude ${versions.claude} finds nothing wrong with the plugin from ${source}, asks for no package, and runs it`, {
      skip: tmuxMissing(),
    }, async () => {
      await using world = await realWorld(clients, clients.claude, from);
      const folder = world.plugin.folder;
      const validated = await world.claude.run(['plugin', 'validate', '--strict', folder], {
        cwd: world.workspace,
      });
      assert.equal(validated.code, 0, validated.stdout + validated.stderr);
      await using session = await world.startSession();
      assert.match(await world.bash(session, 'codex-companion run -- echo it runs'), /^it runs$/m);
      assert.deepEqual(packagesAskedFor(world), []);
      assert.equal(await session.exit(), 0);
    });

    test(`codex installs the plugin from ${source} by its two commands, and lists its hooks and its skill`, async () => {
      await using world = await realWorld(clients, clients.claude, from);
      await world.codexPluginInstall();
      await using server = await world.codex.appServer(['-c', 'features.plugins=true']);
      const cwds = [world.workspace];
      const [hooks] = (await server.request('hooks/list', { cwds })).data as {
        hooks: Component[];
        errors: [];
      }[];
      const [skills] = (await server.request('skills/list', { cwds })).data as { skills: Component[] }[];
      assert.deepEqual(hooks?.errors, []);
      assert.deepEqual(ours(hooks?.hooks ?? [], 'eventName'), [
        'sessionStart',
        'sessionEnd',
        'userPromptSubmit',
        'stop',
      ]);
      assert.deepEqual(ours(skills?.skills ?? [], 'name'), ['codex:background-jobs']);
    });
  }
}

/**
 * What npm, run by the client in its copy of the plugin, tried to fetch. The registry is out of its reach here, so that
 * nothing in node_modules would prove nothing. Its look for an npm of today is its own affair.
 */
function packagesAskedFor(world: RealWorld): string[] {
  const logs = world.account.path('home/.npm/_logs');
  if (!existsSync(logs)) return [];
  const text = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  const fetched = [...text.join('').matchAll(/http fetch \w+ (\S+)/g)].map(([, url = '']) => url);
  return fetched.filter((url) => !url.endsWith('/npm'));
}

/** A hook or a skill, as Codex lists it. */
type Component = Record<string, unknown>;

function ours(components: Component[], field: string): unknown[] {
  return components.filter(({ pluginId }) => pluginId === 'codex@codex-companion').map((one) => one[field]);
}

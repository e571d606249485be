/** What `npm publish` would publish, in npm's hands. In the hosts': tests/real/claude/plugin.test.ts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../../scripts/domain/base/version.ts';
import { type Account, environment, makeAccount } from '../support/real/account.ts';
import { packPlugin, unpackTarball } from '../support/real/plugin-copy.ts';
import { mustSucceed, run } from '../support/real/run.ts';

/** Nothing beyond the machine answers: what wanted a package would fail. */
async function says(account: Account, ...args: string[]): Promise<string> {
  const [program = '', ...rest] = args;
  const result = await run(program, rest, { cwd: account.home, env: environment(account) });
  return mustSucceed(args.join(' '), result).stdout.trim();
}

test('unpacked, it runs a job with nothing beside it, and holds what people read and hosts load', async () => {
  await using account = await makeAccount();
  const { folder } = await unpackTarball(account);
  assert.deepEqual(readdirSync(folder).sort(), [
    ...[
      '.agents',
      '.claude-plugin',
      '.codex-plugin',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'agents',
      'bin',
    ],
    ...['commands', 'dist', 'docs', 'hooks', 'man', 'package.json', 'plugin.json', 'skills'],
  ]);
  const program = join(folder, 'bin/codex-companion');
  assert.equal(await says(account, program, 'run', '--', 'echo', 'it runs'), 'it runs');
});

test('npm install -g takes it without any other package, and its program is on the PATH', async () => {
  await using account = await makeAccount();
  const prefix = account.path('prefix');
  await says(account, 'npm', 'install', '--global', '--prefix', prefix, await packPlugin(account));
  const modules = join(prefix, 'lib/node_modules');
  assert.deepEqual(readdirSync(modules), ['codex-companion']);
  assert.equal(existsSync(join(modules, 'codex-companion/node_modules')), false);
  const program = join(prefix, 'bin/codex-companion');
  assert.equal(await says(account, program, '--version'), VERSION);
  assert.equal(await says(account, program, 'run', '--', 'echo', 'it runs'), 'it runs');
});

test('npx runs it', async () => {
  await using account = await makeAccount();
  const named = ['--yes', '--package', await packPlugin(account), 'codex-companion'];
  assert.equal(await says(account, 'npx', ...named, 'run', '--', 'echo', 'it runs'), 'it runs');
});

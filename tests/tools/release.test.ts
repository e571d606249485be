import assert from 'node:assert/strict';
import { appendFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { notesOf, withRelease } from '../../tools/changelog.ts';
import { obstacles, type Situation } from '../../tools/release-obstacles.ts';
import { type Account, environment, makeAccount } from '../support/real/account.ts';
import { copyPlugin } from '../support/real/plugin-copy.ts';
import { mustSucceed, run } from '../support/real/run.ts';

const root = join(import.meta.dirname, '../..');
const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n- New.\n\n## [1.9.0] - 2026-11-21\n\n### Added\n\n- Old.\n';
const ready: Situation = { current: '1.9.0', changes: [], tags: ['v1.8.0'], changelog: CHANGELOG };

test('what was unreleased gets the version’s own heading', () => {
  const released = withRelease(CHANGELOG, '1.10.0', '2027-01-31');
  assert.deepEqual(
    ['Unreleased', '1.10.0', '1.9.0', '1.8.0'].map((version) => notesOf(released, version)),
    ['', '- New.', '### Added\n\n- Old.', undefined],
  );
  assert.match(released, /^## \[1\.10\.0\] - 2027-01-31$/m);
});

test('each obstacle to a release is told with what to do', () => {
  assert.deepEqual(obstacles('1.10.0', ready), []);
  const cases: [string, Partial<Situation>, RegExp][] = [
    ['', {}, /^There is no version\. Give three numbers: npm run release -- 1\.2\.0$/],
    ['1.10', {}, /^"1\.10" is no version/],
    ['1.10.0-rc1', {}, /is no version/],
    ['1.8.5', {}, /not newer than 1\.9\.0.* The next are 1\.9\.1, 1\.10\.0 and 2\.0\.0\.$/],
    ['1.10.0', { changes: [' M a.ts', '?? b.ts'] }, /not committed.*\n {4} M a\.ts\n {4}\?\? b\.ts$/s],
    ['1.10.0', { tags: ['v1.10.0'] }, /^The tag v1\.10\.0 is there already/],
    ['1.10.0', { changelog: CHANGELOG.replace('- New.\n', '') }, /says nothing under \[Unreleased\]/],
    ['1.10.0', { changelog: CHANGELOG.replace('## [Unreleased]', '') }, /has no section "## \[Unreleased\]"/],
    ['1.10.0', { changelog: CHANGELOG.replace('1.9.0', '1.10.0') }, /has a section \[1\.10\.0\] already/],
  ];
  for (const [version, situation, sentence] of cases) {
    const [found = '', ...others] = obstacles(version, { ...ready, ...situation });
    assert.match(found, sentence);
    assert.deepEqual(others, []);
  }
});

test('a release is a commit with the version everywhere, a tag with the notes, and a tarball', async () => {
  await using account = await makeAccount();
  const { folder, git, release } = await repositoryOf(account);

  await appendFile(join(folder, 'README.md'), 'unfinished\n');
  const refused = await release('9.9.9');
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^No release 9\.9\.9:\n- These files are not committed.*\n {4} M README\.md\n$/s,
  );
  await git('checkout', 'README.md');

  const head = await git('rev-parse', 'HEAD');
  assert.match((await release('9.9.9', '--dry-run')).stdout, /^Would release 9\.9\.9:/);
  assert.deepEqual([await git('status', '--porcelain'), await git('rev-parse', 'HEAD')], ['', head]);

  const made = mustSucceed('the release', await release('9.9.9'));
  assert.match(made.stdout, /npm publish \.\/codex-companion-9\.9\.9\.tgz\n$/);
  assert.equal(await git('status', '--porcelain'), '');
  const changed = (await git('diff', '--name-only', head, 'HEAD')).split('\n');
  assert.deepEqual(
    changed.filter((path) => !path.startsWith('dist/')),
    [
      '.claude-plugin/plugin.json',
      '.codex-plugin/plugin.json',
      'CHANGELOG.md',
      'package-lock.json',
      'package.json',
      'scripts/domain/base/version.ts',
    ],
  );
  assert.match(await git('tag', '--list', '--format=%(contents)', 'v9.9.9'), /^9\.9\.9\n\n- What is new\.$/);
  const packed = await run('tar', ['-xzOf', 'codex-companion-9.9.9.tgz', 'package/package.json'], {
    cwd: folder,
    env: environment(account),
  });
  assert.equal(JSON.parse(packed.stdout).version, '9.9.9');
});

/** This repository as it is now, committed, with one line of news. */
async function repositoryOf(account: Account) {
  const { folder } = await copyPlugin(account);
  const person = { name: 'Test', email: 'test@localhost' };
  const env = environment(account, {
    ...{ GIT_AUTHOR_NAME: person.name, GIT_AUTHOR_EMAIL: person.email },
    ...{ GIT_COMMITTER_NAME: person.name, GIT_COMMITTER_EMAIL: person.email },
  });
  const git = async (...args: string[]) =>
    mustSucceed(`git ${args.join(' ')}`, await run('git', args, { cwd: folder, env })).stdout.trim();
  const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
  const older = changelog.slice(changelog.search(/^## \[\d/m));
  await writeFile(
    join(folder, 'CHANGELOG.md'),
    `# Changelog\n\n## [Unreleased]\n\n- What is new.\n\n${older}`,
  );
  await git('init', '--quiet');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, '.git/info/exclude'), 'node_modules\n');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Start');
  const release = (...args: string[]) =>
    run(process.execPath, ['--import', 'tsx', 'tools/release.ts', '--without-gate', ...args], {
      cwd: folder,
      env,
      limitMs: 300_000,
    });
  return { folder, git, release };
}

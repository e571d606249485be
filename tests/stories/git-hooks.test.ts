/** Jobs that a hook of the user's own git starts, with the variables that git gives to hooks. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobFiles } from '../../scripts/state/job/job-directory.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** Commits with `git commit -a`, whose index is a lock file then, and a hook that runs the text. */
function commitWithHook(world: World, text: string): void {
  const told = 'env | grep "^GIT_" | cut -d= -f1 >told';
  const program = `'${process.execPath}' '${join(world.bundles, 'companion.cjs')}'`;
  const hook = `#!/bin/sh\n${told}\ncompanion() { ${program} "$@" >>said 2>&1 || echo "failed: $*" >>said; }\n${text}\n`;
  writeFileSync(join(world.workspace, '.git/hooks/pre-commit'), hook, { mode: 0o755 });
  world.write('README.md', '# Changed\n');
  world.git('commit', '--quiet', '--all', '--message=Change');
  assert.match(read(world, 'told'), /^GIT_INDEX_FILE$/m, 'git tells its hooks nothing any more');
}

const read = (world: World, name: string) => readFileSync(join(world.workspace, name), 'utf8');

test('a command in the background does not work on the index of a commit that is over', async () => {
  await using world = await aWorkspace();
  const work =
    'while [ -e .git/index.lock ]; do sleep 0.1; done; git status --porcelain --untracked-files=no >status';
  commitWithHook(world, `companion run --background -- sh -c '${work} 2>&1; echo done >>status'`);
  await until(
    'the command is done',
    () => read(world, 'said') !== '' && readIfAny(world, 'status').endsWith('done\n'),
  );
  assert.equal(read(world, 'status'), 'done\n', read(world, 'said'));
  await world.cli('wait');
});

test('a task and a review of a hook work in their own repository, and Codex is told of no other', async () => {
  await using world = await aWorkspace({ codex: { review: '[[say:All is well.]]' } });
  await using other = await aWorkspace();
  const elsewhere = `export GIT_DIR='${other.workspace}/.git' GIT_WORK_TREE='${other.workspace}' GIT_INDEX_FILE='${other.workspace}/.git/index.lock'`;
  commitWithHook(
    world,
    `${elsewhere}\ncompanion task --background '[[say:done]]'\ncompanion review --background --scope working-tree\ncompanion adversarial-review --background --scope working-tree`,
  );
  assert.doesNotMatch(read(world, 'said'), /failed/);
  const { json } = await world.cli('wait', '--json', ...idsIn(read(world, 'said')));
  assert.deepEqual(
    json.jobs.map((job: { status: string }) => job.status),
    ['completed', 'completed', 'completed'],
  );
  const spawned = world.codex.log().flatMap((entry) => (entry.kind === 'spawn' ? entry.environment : []));
  const threads = world.codex.requests('thread/start').map(({ config }) => {
    return Object.keys((config as Record<string, object>)['shell_environment_policy.set'] ?? {});
  });
  assert.equal(threads.length, 3);
  const ofGit = [...spawned, ...threads.flat()].filter((name) =>
    /^GIT_(?!CONFIG_NOSYSTEM|AUTHOR|EDITOR|EXEC)/.test(name),
  );
  assert.deepEqual([...new Set(ofGit)], []);
  for (const id of idsIn(read(world, 'said'))) {
    const { request, directory } = world.reading(id).facts;
    if (request.kind !== 'adversarial-review') continue;
    const { context } = JSON.parse(readFileSync(jobFiles(directory).result, 'utf8'));
    assert.equal(context.repoRoot, world.workspace);
  }
});

function idsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/started in the background as (\S+)\./g)].map(([, id = '']) => id))];
}

function readIfAny(world: World, name: string): string {
  try {
    return read(world, name);
  } catch {
    return ''; // not begun yet
  }
}

/** What sessions leave to those after them stays small, however many there were and whatever they are owed. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noticeOf } from '../../scripts/use-cases/notices/notice-of.ts';
import { callHook, sessionJob } from '../support/hosts/hooks.ts';
import { pastSessions } from '../support/hosts/past-sessions.ts';
import { until } from '../support/wait.ts';
import { aWorkspace, type World } from '../support/world.ts';

/** `npm run chaos` takes more. */
const SESSIONS = Number(process.env.STORY_ROUNDS ?? 8);
const JOBS_EACH = 3;
/** Of a session, and of those before it whose notices are told for the second and the third time. */
const FOLDERS = 5;

/** A session from its start to its end, in a host that writes no transcript: no receipt ever comes. Returns what it was told. */
async function session(
  world: World,
  name: string,
  between = async () => {},
  cwd = world.workspace,
): Promise<string> {
  const call = { session: name, input: { cwd }, env: { CLAUDE_PROJECT_DIR: cwd } };
  const { stdout, stderr } = await callHook(world, { event: 'SessionStart', ...call });
  assert.equal(stderr, '');
  await between();
  await callHook(world, { event: 'SessionEnd', ...call });
  return stdout === '' ? '' : (JSON.parse(stdout).hookSpecificOutput?.additionalContext ?? '');
}

function sessionFolders(world: World): string[] {
  const directory = join(world.stateRoot, 'sessions');
  return existsSync(directory) ? readdirSync(directory) : [];
}

function noticeState(world: World, id: string): string | undefined {
  const { facts } = world.reading(id);
  return noticeOf(world.context().layout, facts.request)?.state;
}

test('of too many notices the newest are told by name and the others as a number, three times; then `status` alone has them', async () => {
  await using world = await aWorkspace();
  const ids = await pastSessions(world, { sessions: 30, jobs: 90, owed: 90 });
  const [oldest = '', newest = ''] = [ids.at(0), ids.at(-1)];
  for (let time = 1; time <= 3; time++) {
    const told = await session(world, `next-${time}`);
    assert.match(told, /: 90 background jobs have ended\./);
    assert.ok(told.includes(newest), told);
    assert.ok(!told.includes(oldest), told);
    assert.match(told, /\n…and \d+ more: codex-companion status --all$/);
    assert.equal((await world.cli('sweep')).code, 0);
    assert.deepEqual([noticeState(world, oldest), noticeState(world, newest)], ['expired', 'told']);
  }
  assert.deepEqual(sessionFolders(world), []);
  assert.equal(await session(world, 'next-4'), '');
  assert.equal((await world.cli('status', oldest, '--json')).json.job.notice.state, 'expired');
});

test(`${SESSIONS} sessions one after the other, each with ${JOBS_EACH} jobs and no receipt: few folders stay at any time`, async () => {
  await using world = await aWorkspace();
  const counts: number[] = [];
  for (let number = 0; number < SESSIONS; number++) {
    const name = `session-${number}`;
    await session(world, name, async () => {
      for (let job = 0; job < JOBS_EACH; job++) {
        const { id } = await sessionJob(world, { session: name, background: true, command: ['true'] });
        await world.untilStage(id, 'finished');
      }
    });
    counts.push(sessionFolders(world).length);
  }
  assert.ok(Math.max(...counts) <= FOLDERS, `folders after each session: ${counts.join(', ')}`);
});

test('more sessions than a start looks at: the sweep that it leaves behind removes all that are over', async () => {
  await using world = await aWorkspace();
  await pastSessions(world, { sessions: 250, jobs: 1, owed: 0 });
  await session(world, 'next');
  await until('the folders of the others have gone', () => sessionFolders(world).length <= 1);
});

/** A session in a directory that has a job there, which has ended, and then it is over. Returns the job. */
async function sessionWithJobIn(world: World, cwd: string): Promise<string> {
  const ids: string[] = [];
  const ended = async () => {
    const { id } = await sessionJob(world, { session: 'gone', background: true, cwd, command: ['true'] });
    await world.untilStage(id, 'finished');
    ids.push(id);
  };
  assert.equal(await session(world, 'gone', ended, cwd), '');
  return ids[0] ?? '';
}

async function listed(world: World, cwd = world.workspace): Promise<string[]> {
  const { latestFinished, recent } = (await world.cliWith({ cwd }, 'status', '--json')).json;
  return [latestFinished, ...recent].flatMap((job) => job?.id ?? []);
}

test('a worktree that was removed: the main repository’s next session is told of its jobs, and `status` there lists them', async () => {
  await using world = await aWorkspace();
  const linked = join(world.folder, 'linked');
  world.git('worktree', 'add', '--quiet', '--detach', linked);
  const job = await sessionWithJobIn(world, linked);
  assert.equal(await session(world, 'too early'), '');
  assert.deepEqual(await listed(world), []);
  world.git('worktree', 'remove', '--force', linked);
  assert.match(await session(world, 'main'), new RegExp(`${job}.*asked for in an earlier session`));
  assert.deepEqual(await listed(world), [job]);
  assert.match((await world.cli('status')).stdout, new RegExp(`Removed worktrees: ${linked}`));
});

test('a scratch directory that was removed: any next session is told once', async () => {
  await using world = await aWorkspace();
  const scratch = join(world.folder, 'scratch');
  mkdirSync(scratch);
  const job = await sessionWithJobIn(world, scratch);
  assert.equal(await session(world, 'while it stands'), '');
  rmSync(scratch, { recursive: true });
  assert.match(await session(world, 'any'), new RegExp(job));
  assert.equal(await session(world, 'a later one'), '');
});

test('a .git file that names a repository which does not name it back makes no heir of that', async () => {
  await using world = await aWorkspace();
  const [linked, made] = [join(world.folder, 'linked'), join(world.folder, 'made up')];
  world.git('worktree', 'add', '--quiet', '--detach', linked);
  mkdirSync(made);
  cpSync(join(linked, '.git'), join(made, '.git'));
  await sessionWithJobIn(world, made);
  rmSync(made, { recursive: true });
  assert.deepEqual(await listed(world), []);
});

test('a .git file that names files made up below it makes no heir of the repository that those name', async () => {
  await using world = await aWorkspace();
  const made = join(world.folder, 'made up');
  const own = join(made, 'own');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(made, '.git'), 'gitdir: own\n');
  writeFileSync(join(own, 'gitdir'), `${join(made, '.git')}\n`);
  writeFileSync(join(own, 'commondir'), `${join(world.workspace, '.git')}\n`);
  await sessionWithJobIn(world, made);
  rmSync(made, { recursive: true });
  assert.deepEqual(await listed(world), []);
});

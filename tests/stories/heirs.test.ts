/** What sessions leave to those after them stays small, however many there were and whatever they are owed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
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
async function session(world: World, name: string, between = async () => {}): Promise<string> {
  const { stdout, stderr } = await callHook(world, { event: 'SessionStart', session: name });
  assert.equal(stderr, '');
  await between();
  await callHook(world, { event: 'SessionEnd', session: name });
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
    const expected = time < 3 ? { oldest: 'owed', newest: 'told' } : { oldest: 'told', newest: 'told' };
    assert.deepEqual({ oldest: noticeState(world, oldest), newest: noticeState(world, newest) }, expected);
  }
  assert.deepEqual(sessionFolders(world), []);
  assert.equal(await session(world, 'next-4'), '');
  const listed = (await world.cli('status', oldest, '--json')).json.job;
  assert.equal(listed.notice.state, 'told');
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

/** Which jobs `status` lists: all that are kept, where that is asked for, in pages; or those that fit. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { indexEntry } from '../../../../scripts/domain/workspace/workspace-state.ts';
import { makePrivateDirectory } from '../../../../scripts/state/files/durable.ts';
import { commitOutcome } from '../../../../scripts/state/job/job-directory.ts';
import { jobDirectory } from '../../../../scripts/state/layout.ts';
import { appendHistory } from '../../../../scripts/state/workspace/history.ts';
import { aJobOnDisk } from '../../../support/requests.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

const DAY_MS = 86_400_000;

/** Jobs that the history alone lists, one a minute, the last of them `days` ago; the newest first. */
function oldJobs(world: World, count: number, days: number): string[] {
  const { layout } = world.context();
  makePrivateDirectory(layout.jobs);
  const ids = Array.from({ length: count }, (_, nth) => {
    const at = new Date(Date.now() - days * DAY_MS - (count - nth) * 60_000).toISOString();
    const request = aJobOnDisk(layout, { createdAt: at });
    const known = { exitCode: 0, signal: null, stillRunning: 0, reason: 'exited 0' };
    const outcome = { ...known, ending: 'completed', startedAt: at, finishedAt: at } as const;
    commitOutcome(jobDirectory(layout, request.id), outcome);
    appendHistory(layout, { ...indexEntry(request), finished: outcome });
    return request.id;
  });
  return ids.reverse();
}

async function ended(world: World, ...command: string[]): Promise<string> {
  const id = await world.run(...command);
  await world.cli('wait', id);
  return id;
}

const idsIn = async (world: World, ...args: string[]) =>
  (await world.cli('status', '-q', ...args)).stdout.split('\n').filter(Boolean);

test('-a lists every job that is kept, by pages of a thousand, and none that was removed', async () => {
  await using world = await aWorkspace();
  const old = oldJobs(world, 1_100, 3);
  const latest = await ended(world, 'true');
  const [removed = ''] = old.splice(500, 1);
  rmSync(jobDirectory(world.context().layout, removed), { recursive: true });
  assert.deepEqual(await idsIn(world, '-a'), [latest, ...old]);
  const first = (await world.cli('status', '--all', '--json')).json;
  const told = [first.latestFinished, ...first.recent].map(({ id }) => id);
  assert.deepEqual(told, [latest, ...old].slice(0, 1_000));
  assert.equal(first.more.count, 100);
  const second = (await world.cli('status', '--all', '--json', '--cursor', first.nextCursor)).json;
  assert.deepEqual(
    [second.latestFinished, ...second.recent].map(({ id }) => id),
    old.slice(999),
  );
  assert.deepEqual([second.nextCursor, second.running], [null, []]);
});

test('what is asked for is found wherever it is listed', async () => {
  await using world = await aWorkspace();
  const old = oldJobs(world, 3, 9);
  const failed = await ended(world, 'false');
  const asked = await world.cliWith(
    { env: { CLAUDE_CODE_SESSION_ID: 'b8f8bd02-1' } },
    ...['run', '--background', '--json', '--', 'sleep', '600'],
  );
  const live = asked.json.jobId;
  assert.deepEqual(await idsIn(world, '--failed'), [failed]);
  assert.deepEqual(await idsIn(world, '--running'), [live]);
  assert.deepEqual(await idsIn(world, '--since', '2d'), [live, failed]);
  assert.deepEqual(await idsIn(world, '--since', '10d'), [live, failed, ...old]);
  assert.deepEqual(await idsIn(world, '--since', '2020-01-01', '-n', '3'), [live, failed, old[0]]);
  for (const session of ['b8f8', '@last']) assert.deepEqual(await idsIn(world, '--session', session), [live]);
  assert.deepEqual(await idsIn(world, '-n', '1'), [live]);
  const { stdout } = await world.cli(
    'status',
    '-n',
    '2',
    '--format',
    '{number}\\t{name}\\t{state}\\t{exit}\\t{id}',
  );
  assert.equal(stdout, `5\tsleep\trunning\t\t${live}\n4\tfalse\texit 1\t1\t${failed}\n`);
  assert.equal((await world.cli('status', '4', '--format', '{command}: {status}')).stdout, 'false: failed\n');
  await world.cli('cancel', live);
});

const REFUSED: [args: string[], said: RegExp][] = [
  [['--format', '{nome}'], /no placeholder \{"nome"\}[\s\S]*\{number\} \{name\} \{id\}/],
  [['--since', 'yesterday'], /neither a duration nor a date[\s\S]*--since 2h, 7d, 2026-11-27/],
  [['--cursor', '12'], /no cursor of ours[\s\S]*nextCursor/],
  [['--failed', '--running'], /exclude each other/],
  [['-q', '--json'], /exclude each other/],
  [['-n', 'x'], /not a whole number/],
  [['-n', '0'], /would show no job/],
  [['1', '-g'], /--global chooses among the jobs of a list, and a job is named/],
];

test('what says nothing that can be done is refused, and the way out is named', async () => {
  await using world = await aWorkspace();
  for (const [args, said] of REFUSED) {
    const { code, stdout, stderr } = await world.cli('status', ...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stdout + stderr, said);
  }
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobDirectory } from '../../../../scripts/state/layout.ts';
import { wakeFiles } from '../../../../scripts/use-cases/notices/ways/wake-closed.ts';
import { callHook, sessionJob } from '../../../support/hosts/hooks.ts';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type World } from '../../../support/world.ts';

/** A home with a transcript of session-1, which began in a directory below the workspace, and a `claude` that notes its calls. */
async function aHome(options: { wake: boolean }): Promise<World & AsyncDisposable> {
  const world = await aWorkspace();
  const bin = join(world.folder, 'claude-bin');
  const project = join(world.home, '.claude/projects/of-the-session');
  for (const directory of [bin, project, join(world.workspace, 'began-here')])
    mkdirSync(directory, { recursive: true });
  const line = JSON.stringify({ type: 'user', cwd: join(world.workspace, 'began-here') });
  writeFileSync(join(project, 'session-1.jsonl'), `{"type":"summary"}\n${line}\n`);
  const note = `{ pwd; echo "[$CLAUDECODE$CLAUDE_CODE_SESSION_ID$CODEX_COMPANION_JOB]"; printf '%s\\n' "$@" --; cat; echo; echo ===; } >> ${callsFile(world)}`;
  writeFileSync(join(bin, 'claude'), `#!/bin/sh\n${note}\necho answered\n`, { mode: 0o755 });
  world.env.PATH = `${bin}:${world.env.PATH}`;
  if (options.wake) assert.equal((await world.cli('setup', '--wake-closed-session', 'on')).code, 0);
  await callHook(world, { event: 'SessionStart' });
  return world;
}

const callsFile = (world: World) => join(world.folder, 'calls');
const calls = (world: World) =>
  existsSync(callsFile(world)) ? readFileSync(callsFile(world), 'utf8').split('===\n').slice(0, -1) : [];
const filesOf = (world: World, id: string) => wakeFiles(jobDirectory(world.context().layout, id));

async function untilRunIsOver(world: World, id: string): Promise<string> {
  const { log } = filesOf(world, id);
  return until(
    'the run is over',
    () =>
      existsSync(log) && /ended with|not woken/.test(readFileSync(log, 'utf8')) && readFileSync(log, 'utf8'),
  );
}

/** A gate for jobs to end at: all together, after the session. */
function gated(world: World, then: string): string[] {
  return ['sh', '-c', `while [ ! -e ${join(world.folder, 'gate')} ]; do sleep 0.05; done; ${then}`];
}
const open = (world: World) => writeFileSync(join(world.folder, 'gate'), '');

test('a closed session is resumed where it began, with the notice, in an environment that is no session’s', async () => {
  await using world = await aHome({ wake: true });
  world.env.CLAUDECODE = '1';
  world.env.CLAUDE_CODE_SESSION_ID = 'session-1';
  const { id } = await sessionJob(world, { background: true, command: gated(world, 'echo hi; exit 3') });
  await callHook(world, { event: 'SessionEnd' });
  open(world);
  assert.match(
    await untilRunIsOver(world, id),
    /claude -p --resume session-1 … .*\nanswered\n.*It ended with 0\./,
  );
  const [call = '', ...more] = calls(world);
  assert.deepEqual(more, []);
  const [cwd, session, ...args] = call.split('\n');
  // The text comes on stdin: arguments are for every user to read.
  assert.deepEqual(
    [cwd, session, ...args.slice(0, 4)],
    [join(world.workspace, 'began-here'), '[]', '-p', '--resume', 'session-1', '--'],
  );
  assert.match(args.slice(4).join('\n'), new RegExp(`${id} .*failed \\(exit 3\\)[^]*\\| hi`));
  await world.cli('sweep');
  assert.equal(calls(world).length, 1);
});

test('of jobs that end together each is told once, and the session is never run twice at once', async () => {
  await using world = await aHome({ wake: true });
  const ids: string[] = [];
  for (let count = 0; count < 4; count++)
    ids.push((await sessionJob(world, { background: true, command: gated(world, 'true') })).id);
  await callHook(world, { event: 'SessionEnd' });
  open(world);
  const told = () => calls(world).join('');
  await until('all are told', () => ids.every((id) => told().includes(`${id} (`)));
  await until('no waker is left', () => world.processes().length === 0);
  for (const id of ids) assert.equal(told().split(`${id} (`).length - 1, 1, told());
});

test('a session that a living process has open is not resumed', async () => {
  await using world = await aHome({ wake: true });
  const { id } = await sessionJob(world, { background: true, command: gated(world, 'true') });
  await callHook(world, { event: 'SessionEnd' });
  const register = join(world.home, '.claude/sessions');
  mkdirSync(register);
  writeFileSync(
    join(register, `${process.pid}.json`),
    JSON.stringify({ pid: process.pid, sessionId: 'session-1' }),
  );
  open(world);
  assert.match(await untilRunIsOver(world, id), /session-1 is not woken: a living process has it open/);
  assert.deepEqual(calls(world), []);
});

test('without the setting, for a session that is open, and for one that nobody registered nothing is run', async () => {
  await using world = await aHome({ wake: false });
  const off = await sessionJob(world, { background: true, command: ['true'] });
  await world.cli('wait', off.id);
  assert.equal((await world.cli('setup', '--wake-closed-session', 'on')).code, 0);
  const openOne = await sessionJob(world, { background: true, command: ['true'] });
  const unknown = await sessionJob(world, { session: 'session-2', background: true, command: ['true'] });
  await world.cli('wait', openOne.id, unknown.id);
  await world.cli('sweep');
  await until('all are done', () => world.processes().length === 0);
  for (const { id } of [off, openOne, unknown]) assert.equal(existsSync(filesOf(world, id).claim), false, id);
  assert.deepEqual(calls(world), []);
});

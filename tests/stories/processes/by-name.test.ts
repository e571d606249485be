/** Whoever looks for a server by its name, or ends it by that, finds the server, and nothing of ours. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../support/wait.ts';
import { aWorkspace, type World } from '../../support/world.ts';

test('pkill -f with a word that is in the command and in the workspace’s name ends the server alone, and that is recorded', async () => {
  await using world = await aWorkspace();
  const word = aWord();
  const cwd = aRepository(world, `${word}-app`);
  const server = `trap 'kill $!; echo bye; exit 7' TERM\nsleep 600 &\n: >ready\nwait\n`;
  writeFileSync(join(cwd, word), server);
  const options = ['--background', '--json', '--deadline', '10m', '--leftovers', 'wait'];
  const { json } = await world.cliWith({ cwd }, 'run', ...options, '--', 'sh', `./${word}`, 'serve');
  await until('it serves', () => existsSync(join(cwd, 'ready')));

  const ours = world.processes().filter(({ command }) => command.includes('run-job.sh'));
  assert.ok(ours.length >= 2, 'the wrapper and its watchdog are there');
  // For a moment the server's child, which is no sleep yet, still has its command line.
  await until('the server alone has the word', () => tell('pgrep', '-fc', word) === '1\n');
  assert.equal(tell('pgrep', '-fa', word).split(' ').slice(1).join(' '), `sh ./${word} serve\n`);
  tell('pkill', '-f', word);

  const waited = await world.cliWith({ cwd }, 'wait', json.jobId, '--json');
  const [{ outcome, logFile }] = waited.json.jobs;
  assert.deepEqual([outcome.ending, outcome.exitCode, outcome.reason], ['failed', 7, 'exited 7']);
  assert.equal(readFileSync(logFile, 'utf8').replace('Terminated\n', ''), 'bye\n');
});

test('the worker of a Codex job does not say its workspace’s name', async () => {
  await using world = await aWorkspace({ codex: {} });
  const word = aWord();
  const cwd = aRepository(world, `${word}-app`);
  const { json } = await world.cliWith({ cwd }, 'task', '--background', '--json', '[[hang]]');
  const worker = () => world.processes().find(({ command }) => command.endsWith(`codex-job ${json.jobId}`));
  const { pid, command } = await until('its worker is there', worker);
  assert.ok(!command.includes(word), command);
  assert.ok(!tell('pgrep', '-f', word).split('\n').includes(String(pid)));
  assert.equal((await world.cliWith({ cwd }, 'cancel', json.jobId)).code, 0);
});

function aWord(): string {
  return `vite${randomBytes(6).toString('hex')}`;
}

/** A directory that is a workspace of its own. */
function aRepository(world: World, name: string): string {
  const directory = join(world.workspace, name);
  for (const part of ['objects', 'refs']) mkdirSync(join(directory, '.git', part), { recursive: true });
  writeFileSync(join(directory, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  return directory;
}

function tell(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout;
}

/** Broker and Codex worker on the real Codex: what dies, what is stopped, what is let go, and what stands in no file. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JobOutcome } from '../../../scripts/domain/job/evidence.ts';
import { identify, liveness } from '../../../scripts/process/identity.ts';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { readJob } from '../../../scripts/use-cases/reading/read-job.ts';
import { survivors } from '../../support/leaks.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft, ourProcesses } from '../../support/real/remains.ts';
import { mustSucceed, run } from '../../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  test('a killed worker: the command of its turn is stopped, another job goes on', async () => {
    await using world = await codexWorld(clients);
    const victim = await task(world, '[[exec:sleep 3471]][[hang]]', '--write');
    const other = await task(world, '[[hold]][[say:unhurt]]');
    await until('the command runs', () => sleeping('3471'));
    await until('the other turn runs', () => world.codexModel.requests.length >= 2);
    process.kill(workerOf(world, victim), 'SIGKILL');
    await until('the command is gone', () => !sleeping('3471'));
    assert.equal((await outcome(world, victim)).ending, 'lost');
    world.codexModel.release();
    assert.equal((await outcome(world, other)).ending, 'completed');
    await nothingIsLeft(world);
  });

  for (const part of ['process', 'appServer'] as const) {
    const name = part === 'process' ? 'broker' : 'app-server';
    test(`a killed ${name}: its jobs that may write say so and how to go on, and the next one works`, async () => {
      await using world = await codexWorld(clients);
      const ids = [
        await task(world, '[[hang]][[say:1]]', '--write'),
        await task(world, '[[exec:sleep 3472]][[hang]]', '--write'),
      ];
      await until('the command runs', () => sleeping('3472'));
      await until('both turns run', () => world.codexModel.requests.length >= 2);
      process.kill(readState(world.layout).brokers[0]?.[part]?.pid ?? 0, 'SIGKILL');
      const next = await task(world, '[[say:next]]');
      for (const id of ids) {
        const { ending, reason } = await outcome(world, id);
        assert.equal(ending, 'failed');
        assert.match(
          reason,
          part === 'process' ? /broker .* was killed or died/ : /app-server was ended by SIGKILL/,
        );
        assert.match(
          reason,
          /Go on with `codex-companion task --write --resume task-\S+`, .*`codex resume \S+`\.$/,
        );
      }
      const { ending, reason } = await outcome(world, next);
      assert.equal(ending, 'completed', reason);
      await until('the command is gone', () => !sleeping('3472'));
      removeMountPoints(world.account.temp);
      await nothingIsLeft(world);
    });
  }

  for (const mode of ['workspace-write', 'danger-full-access']) {
    test(`cancelling ends what the turn’s command started, in ${mode}`, async () => {
      await using world = await codexWorld(clients);
      const config = join(world.account.home, '.codex/config.toml');
      if (mode !== 'workspace-write')
        writeFileSync(config, `sandbox_mode = "${mode}"\n${readFileSync(config, 'utf8')}`);
      // Codex waits 30 s for the command, and then asks the model: that must not end the turn.
      const id = await task(world, '[[exec:sleep 300]][[hang]]', '--write');
      const pid = await until('the command runs', () => sleeper(world));
      const identity = identify(pid);
      assert.ok(identity);
      // Longer than the 0.1 s in which Codex's interrupt itself would kill it; Codex has told of it by then.
      await until('its worker knows of it', async () =>
        /Running: /.test((await world.cli('logs', id)).stdout),
      );
      const begun = Date.now();
      await until('it has run for a moment', () => Date.now() - begun > 500);
      const { status } = await world.ask('cancel', id);
      assert.equal(status, 'cancelled');
      assert.equal(liveness(identity), 'dead');
      assert.match((await world.cli('logs', id)).stdout, new RegExp(`sandbox: ${mode}`));
      assert.equal((await world.ask('result', id)).storedJob.result.sandbox.mode, mode);
      // Codex's own way to kill a command leaves .agents, .aws and .codex in the repository.
      assert.deepEqual(readdirSync(world.workspace).sort(), ['.git', 'README.md']);
      await nothingIsLeft(world);
    });
  }

  test('a finished job’s thread is free at once for codex itself, while the broker goes on', async (t) => {
    await using world = await codexWorld(clients);
    const long = await task(world, '[[hold]][[say:long]]');
    const first = await task(world, '[[say:one]]');
    await outcome(world, first);
    const { storedJob } = await world.ask('result', first);
    const { threadId } = storedJob.result;
    const began = performance.now();
    const args = ['exec', '--skip-git-repo-check', 'resume', threadId, '[[say:resumed]]'];
    const resumed = mustSucceed('codex exec resume', await world.codex.run(args, { cwd: world.workspace }));
    assert.match(resumed.stdout, /resumed/);
    t.diagnostic(`resumed by codex exec in ${Math.round(performance.now() - began)} ms`);
    assert.equal(readState(world.layout).brokers.length, 1);
    world.codexModel.release();
    assert.equal((await outcome(world, long)).ending, 'completed');
    await nothingIsLeft(world);
  });

  test('the caller’s variables reach the commands, and stand in no file; no directory is trusted', async () => {
    await using world = await codexWorld(clients);
    const config = join(world.account.home, '.codex/config.toml');
    const text = readFileSync(config, 'utf8').replace('wire_api', 'env_key = "MOCK_KEY"\nwire_api');
    writeFileSync(config, text);
    const env = { ...world.codex.env, MOCK_KEY: 'SECRET-OF-THE-CALLER', VIRTUAL_ENV: '/venv/CALLERS-OWN' };
    const ask =
      'test "$VIRTUAL_ENV" = /venv/CALLERS-"OWN" && test -n "$CODEX_COMPANION_JOB" && echo as expected';
    const args = ['task', '--background', '--write', '--json', `[[exec:${ask}]][[hold]][[say:ok]]`];
    const started = mustSucceed('task', await run(world.companion, args, { cwd: world.workspace, env }));
    const { jobId } = JSON.parse(started.stdout);
    await until('the command has run', () =>
      world.codexModel.requests.some(({ outputs }) => outputs.length > 0),
    );
    assert.match(world.codexModel.requests.at(-1)?.outputs.join('') ?? '', /as expected/);
    // While it runs, too: a shell snapshot would be removed at its end.
    const places = [world.layout.root, world.account.home, world.account.temp, world.workspace];
    const secrets = /SECRET-OF-THE-CALLER|CALLERS-OWN/;
    assert.deepEqual(filesWith(places, secrets), []);
    world.codexModel.release();
    assert.equal((await outcome(world, jobId)).ending, 'completed');
    await nothingIsLeft(world);
    assert.deepEqual(filesWith(places, secrets), []);
    assert.equal(readFileSync(config, 'utf8'), text);
  });
}

async function task(world: CodexWorld, prompt: string, ...flags: string[]): Promise<string> {
  return (await world.ask('task', '--background', ...flags, prompt)).jobId;
}

function outcome({ layout }: CodexWorld, id: string): Promise<JobOutcome> {
  return until(`${id} has ended`, () => readJob(layout, id).facts.outcome);
}

function workerOf({ layout }: CodexWorld, id: string): number {
  const { claim } = readJob(layout, id).facts;
  if (claim?.kind !== 'worker') throw new Error(`${jobDirectory(layout, id)} has no worker yet.`);
  return claim.worker.pid;
}

/** What Codex leaves in every writable directory where it kills a sandboxed command, as it does when its stdin ends. */
function removeMountPoints(directory: string): void {
  for (const name of ['.agents', '.aws', '.codex', '.git'])
    if (existsSync(join(directory, name))) rmdirSync(join(directory, name));
}

/** The process id of this world's `sleep 300`. */
function sleeper(world: CodexWorld): number | undefined {
  return ourProcesses(world).find(({ command }) => command === 'sleep 300')?.pid;
}

function sleeping(seconds: string): boolean {
  return survivors(`sleep\0${seconds}`).some(({ command }) => command === `sleep ${seconds}`);
}

function filesWith(directories: string[], pattern: RegExp): string[] {
  const below = (directory: string) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return directories
    .flatMap(below)
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .filter((path) => pattern.test(readFileSync(path, 'latin1')));
}

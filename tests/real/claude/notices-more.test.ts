/** The agent is told: real Claude Code loaded in other ways, and jobs that are asked for, or end, elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survivors } from '../../support/leaks.ts';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import { assertDelivered, gated, gatedJob, openSession, tellings } from '../../support/real/notices.ts';
import { mustSucceed, run } from '../../support/real/run.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

if ('skip' in clients || skip) {
  test('the agent is told elsewhere, too', { skip }, () => undefined);
} else {
  const inDepth = { skip: long ? undefined : 'takes minutes: LONG=1' };

  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version} -p, held: the turn stays open until the job has ended, and goes on with the notice`, async () => {
      await using world = await realWorld(clients, program);
      await world.cli('setup', '--hold-one-shot-turn', '1m');
      const { jobId, open, ended } = await oneShot(world);
      await until('the turn is held', () => survivors(world.account.root).some(holds));
      world.claudeModel.script({ when: { newText: `${jobId} (` }, text: 'It has failed.' });
      open();
      const { code, stdout } = await ended;
      assert.deepEqual([code, stdout.trim()], [0, 'It has failed.']);
      await assertDelivered(world, jobId);
    });

    test(`claude ${version}: a job of a subagent, which ends after it, is told to the session`, async () => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const { jobId, open } = await jobOfSubagent(world);
      await session.say('Ask a subagent.');
      const id = await jobId();
      await subagentHasEnded(world);
      open();
      await assertDelivered(world, id);
      assert.ok(toldToSession(world, id));
      await session.exit();
    });
  }

  for (const [version, program] of Object.entries(clients.claudes)) {
    test(
      `claude ${version} -p, held for as long as was asked for: it says so once, and lets go`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        await world.cli('setup', '--hold-one-shot-turn', '2s');
        const { jobId, open, ended } = await oneShot(world);
        const { code } = await ended;
        assert.equal(code, 0);
        const texts = world.claudeModel.agentRequests().map((_, n) => world.claudeModel.newText(n));
        assert.equal(
          texts.filter((text) => text.includes(`the background job ${jobId} still runs`)).length,
          1,
        );
        assert.equal((await world.ask('status', jobId)).job.outcome, null);
        open();
        await until('the job has ended', async () => (await world.ask('status', jobId)).job.outcome);
        await world.cli('setup', '--hold-one-shot-turn', 'off');
        const args = ['-p', '--continue', '--permission-mode', 'bypassPermissions', 'What is new?'];
        assert.equal((await world.claude.run(args, { cwd: world.workspace })).code, 0);
        await assertDelivered(world, jobId);
      },
    );

    test(
      `claude ${version}: a job of a subagent, which ends before it, is told to the session`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        await using session = await world.startSession();
        const tool = gated(world, 'echo the tool is done');
        const { jobId, open } = await jobOfSubagent(world, tool.command);
        await session.say('Ask a subagent.');
        const id = await jobId();
        open();
        await until('the client has called its hook', async () => {
          return ['told', 'delivered'].includes((await world.ask('status', id)).job.notice.state);
        });
        tool.open();
        await subagentHasEnded(world);
        await assertDelivered(world, id);
        assert.ok(toldToSession(world, id));
        await session.exit();
      },
    );

    test(
      `claude ${version} with --plugin-dir, nothing installed: told when idle, and in a linked worktree`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        mustSucceed(
          'plugin uninstall',
          await world.claude.run(['plugin', 'uninstall', 'codex@codex-companion'], { cwd: world.workspace }),
        );
        const args = ['--plugin-dir', world.account.path('clone')];
        await using session = await world.claude.start({ cwd: world.workspace, args });
        const here = await gatedJob(world, session);
        here.open();
        await assertDelivered(world, here.id);

        const linked = world.account.path('linked');
        await world.bash(session, `git worktree add --quiet ${linked}`);
        const { command, open } = gated(world);
        const text = await world.bash(
          session,
          `(cd ${linked} && codex-companion run --background --json -- ${command})`,
        );
        const { jobId } = JSON.parse(text);
        const { stdout } = await run(world.companion, ['status', '--json'], {
          cwd: linked,
          env: world.codex.env,
        });
        assert.deepEqual(
          JSON.parse(stdout).running.map((job: { id: string }) => job.id),
          [jobId],
          'a job of the worktree',
        );
        open();
        await assertDelivered(world, jobId);
        await session.exit();
      },
    );

    test(`claude ${version}, resumed after the job's end: told once`, inDepth, async () => {
      await using world = await realWorld(clients, program);
      await using first = await world.startSession();
      const job = await gatedJob(world, first);
      const { id = '' } = openSession(world, first.pid) ?? {};
      await first.exit();
      job.open();
      await until('the job has ended', async () => (await world.ask('status', job.id)).job.outcome);
      for (let time = 0; time < 2; time++) {
        await using again = await world.claude.start({ cwd: world.workspace, args: ['--resume', id] });
        await world.bash(again, 'true');
        await assertDelivered(world, job.id);
        await again.exit();
      }
    });
  }
}

/** A `claude -p` whose agent has started a gated job in the background; `ended` is the client's own end. */
async function oneShot(world: RealWorld) {
  const { command, open } = gated(world);
  const input = { command: `codex-companion run --background --json -- ${command}`, description: 'Start' };
  world.claudeModel.script(
    { when: { newText: 'Start it.' }, tools: [{ id: 'toolu_one', name: 'Bash', input }] },
    { when: { resultOf: 'toolu_one' }, text: 'Started.' },
  );
  const ended = world.claude.print('Start it.', { cwd: world.workspace });
  const told = await until('it has started', () => world.claudeModel.toolResult('toolu_one'));
  return { jobId: JSON.parse(told).jobId as string, open, ended };
}

/**
 * Scripts a subagent that starts a gated job in the background, and then perhaps runs something itself. The newest client
 * runs it beside its session, whatever was asked for.
 */
async function jobOfSubagent(world: RealWorld, andThen?: string) {
  const { command, open } = gated(world);
  const prompt = 'Do the part of a subagent.';
  const ask = { description: 'Start it', prompt, subagent_type: 'general-purpose', run_in_background: false };
  const bash = (id: string, text: string) => [
    { id, name: 'Bash', input: { command: text, description: id } },
  ];
  const done = { text: 'The part is done.' };
  world.claudeModel.script(
    { when: { newText: 'Ask a subagent.' }, tools: [{ id: 'toolu_agent', name: 'Agent', input: ask }] },
    {
      when: { newText: prompt },
      tools: bash('toolu_start', `codex-companion run --background --json -- ${command}`),
    },
    {
      when: { resultOf: 'toolu_start' },
      ...(andThen === undefined ? done : { tools: bash('toolu_then', andThen) }),
    },
    ...(andThen === undefined ? [] : [{ when: { resultOf: 'toolu_then' }, ...done }]),
    { when: { resultOf: 'toolu_agent' }, text: 'The subagent has been asked.' },
  );
  return {
    open,
    jobId: async () => {
      const told = await until('the subagent has its job', () => world.claudeModel.toolResult('toolu_start'));
      return JSON.parse(told).jobId as string;
    },
  };
}

/** Its answer is in the session: as the tool's result, or, where it ran in the background, as a message of the client. */
async function subagentHasEnded(world: RealWorld): Promise<void> {
  const heard = (n: number) =>
    isOfSession(world, n) && world.claudeModel.newText(n).includes('The part is done.');
  const requests = () => world.claudeModel.agentRequests().map((_, n) => n);
  await until('the subagent has ended', () => requests().some(heard));
}

function toldToSession(world: RealWorld, id: string): boolean {
  return tellings(world, id).every((n) => isOfSession(world, n));
}

/** Not a subagent's, which does not see what its session was asked. */
function isOfSession(world: RealWorld, n: number): boolean {
  return JSON.stringify(world.claudeModel.agentRequests()[n]?.messages).includes('Ask a subagent.');
}

const holds = ({ command }: { command: string }) => /session-hook\S* claude-code Stop/.test(command);

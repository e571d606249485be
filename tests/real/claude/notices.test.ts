/** The agent is told: real Claude Code, a scripted model, and jobs that end while it does this or that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survivors } from '../../support/leaks.ts';
import { long } from '../../support/long.ts';
import { installClients } from '../../support/real/clients.ts';
import {
  aDayPasses,
  asked,
  assertDelivered,
  doorbells,
  gated,
  gatedJob,
  jobOf,
  openSession,
  tellings,
  untilNextSession,
  untilTold,
} from '../../support/real/notices.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

if ('skip' in clients || skip) {
  test('the agent is told', { skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}, idle: ends of jobs make requests by themselves; of one that it has read it hears nothing`, async () => {
      await using world = await realWorld(clients, program);
      await using session = await world.startSession();
      const times: number[] = [];
      for (let run = 0; run < (long ? 20 : 1); run++) {
        const job = await gatedJob(world, session);
        const before = asked(world);
        const end = performance.now();
        job.open();
        await until('a request that nobody asked for', () => asked(world) > before);
        times.push(Math.round(performance.now() - end));
        await assertDelivered(world, job.id);
      }
      times.sort((a, b) => a - b);
      console.log(`claude ${version}: job's gate opened → woken request, ms: ${times.join(' ')}`);

      const three = [];
      for (let n = 0; n < 3; n++) three.push(await gatedJob(world, session));
      for (const { open } of three) open();
      for (const { id } of three) await assertDelivered(world, id);
      const requests = new Set(three.flatMap(({ id }) => tellings(world, id)));
      console.log(`claude ${version}: three jobs ending together → ${requests.size} request(s)`);
      assert.ok(requests.size <= 2);

      const read = await gatedJob(world, session);
      const waiting = world.bash(session, `codex-companion wait ${read.id}`);
      await until('the agent waits', () => survivors(world.account.root).some(waitsFor(read.id)));
      read.open();
      await waiting;
      await world.bash(session, 'true');
      assert.equal((await world.ask('status', read.id)).job.notice.state, 'read');
      assert.deepEqual(tellings(world, read.id), []);
      assert.equal(await session.exit(), 0);
    });
  }
  const inDepth = { skip: long ? undefined : 'takes minutes: LONG=1' };

  for (const [version, program] of Object.entries(clients.claudes)) {
    test(
      `claude ${version}: busy, with a half-typed prompt, after /compact and /clear, for another repository`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        await using session = await world.startSession();

        const whileBusy = await gatedJob(world, session);
        const tool = gated(world, 'echo the tool is done');
        const bash = world.bash(session, tool.command);
        await until('the tool runs', () => world.claudeModel.newText().includes('Do step'));
        whileBusy.open();
        await until('the client has called its hook', async () => {
          const { notice } = (await world.ask('status', whileBusy.id)).job;
          return notice.state === 'told';
        });
        const before = asked(world);
        tool.open();
        await bash;
        assert.ok(
          (await untilTold(world, whileBusy.id)).includes('the tool is done'),
          'beside the tool’s result',
        );
        assert.deepEqual(tellings(world, whileBusy.id), [before]);
        await assertDelivered(world, whileBusy.id);

        const whileTyping = await gatedJob(world, session);
        session.type('half a thou');
        await session.waitScreen('the typed text', 'half a thou');
        whileTyping.open();
        await assertDelivered(world, whileTyping.id);
        await session.waitScreen('the typed text still', 'half a thou');
        session.press('C-u');

        const elsewhere = world.account.path('elsewhere');
        await world.bash(session, `mkdir ${elsewhere}`);
        const ofAnother = await gatedJob(world, session, `--cwd ${elsewhere}`);
        ofAnother.open();
        await assertDelivered(world, ofAnother.id);

        const overCompact = await gatedJob(world, session);
        await session.say('/compact');
        await session.waitScreen('that it has compacted', /ompacted/);
        overCompact.open();
        await assertDelivered(world, overCompact.id);

        const overClear = await gatedJob(world, session);
        const former = openSession(world, session.pid);
        await session.say('/clear');
        await untilNextSession(world, session.pid, former?.id);
        overClear.open();
        const text = await untilTold(world, overClear.id);
        assert.match(text, /asked for in an earlier session/);
        await session.exit();
      },
    );

    test(
      `claude ${version}: with a permission dialog open the notice waits, and comes with the answer`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        const manual = { cwd: world.workspace, args: ['--permission-mode', 'default'] };
        await using session = await world.claude.start(manual);
        const job = await jobOf(world, session.pid);
        world.claudeModel.script(
          {
            when: { newText: 'Touch it.' },
            tools: [{ id: 'toolu_t', name: 'Bash', input: { command: 'touch made', description: 'x' } }],
          },
          { when: { resultOf: 'toolu_t' }, text: 'Touched.' },
        );
        await session.say('Touch it.');
        await session.waitScreen('the dialog', /Do you want to proceed/);
        job.open();
        await until('the client has called its hook', async () => {
          return (await world.ask('status', job.id)).job.notice.state === 'told';
        });
        assert.deepEqual(tellings(world, job.id), []);
        session.press('Enter');
        await assertDelivered(world, job.id);
        await session.exit();
      },
    );

    test(
      `claude ${version}: of two sessions in a workspace each wakes for its own job alone`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        await using first = await world.startSession();
        await using second = await world.startSession();
        const mine = await gatedJob(world, first);
        const theirs = await gatedJob(world, second);
        mine.open();
        await assertDelivered(world, mine.id);
        assert.deepEqual(tellings(world, theirs.id), []);
        theirs.open();
        await assertDelivered(world, theirs.id);
        await first.exit();
        await second.exit();
      },
    );
  }

  for (const [version, program] of Object.entries(clients.claudes)) {
    test(
      `claude ${version}: /exit before the end: the session of the next day is told, once`,
      inDepth,
      async () => {
        await using world = await realWorld(clients, program);
        await using first = await world.startSession();
        const job = await gatedJob(world, first);
        await first.exit();
        job.open();
        await until('the job has ended', async () => (await world.ask('status', job.id)).job.outcome);
        aDayPasses(world, job.id);
        await using second = await world.startSession();
        await world.bash(second, 'true');
        await assertDelivered(world, job.id);
        await second.exit();
        await using third = await world.startSession();
        await world.bash(third, 'true');
        await third.exit();
        assert.equal(tellings(world, job.id).length, 1);
      },
    );
  }

  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version} -p: no doorbell; the end is told when it is resumed`, inDepth, async () => {
      await using world = await realWorld(clients, program);
      const { command, open } = gated(world);
      const run = `codex-companion run --background --json -- ${command}`;
      world.claudeModel.script(
        {
          when: { newText: 'Start it.' },
          tools: [{ id: 'toolu_p', name: 'Bash', input: { command: run, description: 'x' } }],
        },
        { when: { resultOf: 'toolu_p' }, text: 'Started.' },
      );
      const { code, stdout } = await world.claude.print('Start it.', { cwd: world.workspace });
      assert.deepEqual([code, stdout.trim()], [0, 'Started.']);
      const { jobId } = JSON.parse(world.claudeModel.toolResult('toolu_p') ?? '');
      assert.deepEqual(doorbells(world), []);
      open();
      await until('the job has ended', async () => (await world.ask('status', jobId)).job.outcome);
      const args = ['-p', '--continue', '--permission-mode', 'bypassPermissions', 'What is new?'];
      assert.equal((await world.claude.run(args, { cwd: world.workspace })).code, 0);
      assert.match(await untilTold(world, jobId), /failed \(exit 3\)/);
      assert.equal((await world.claude.run(args, { cwd: world.workspace })).code, 0);
      assert.equal(tellings(world, jobId).length, 1);
    });

    test(`claude ${version}, stream-json: the end makes a request by itself`, inDepth, async () => {
      await using world = await realWorld(clients, program);
      const { command, open } = gated(world);
      const run = `codex-companion run --background --json -- ${command}`;
      world.claudeModel.script(
        {
          when: { newText: 'Start it.' },
          tools: [{ id: 'toolu_s', name: 'Bash', input: { command: run, description: 'x' } }],
        },
        { when: { resultOf: 'toolu_s' }, text: 'Started.' },
      );
      const stream = world.claude.stream({ cwd: world.workspace });
      try {
        stream.say('Start it.');
        const told = await until('the job has been started', () => world.claudeModel.toolResult('toolu_s'));
        const { jobId } = JSON.parse(told);
        await until('the turn is over', () => stream.output().includes('"result"'));
        open();
        await assertDelivered(world, jobId);
      } finally {
        await stream.end();
      }
    });
  }
}

const waitsFor =
  (id: string) =>
  ({ command }: { command: string }) =>
    command.includes(`companion.cjs wait ${id}`);

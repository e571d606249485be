/** A closed session is resumed headless with the notice: the real clients, a scripted model, `--wake-closed-session on`. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'node:test';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { wakeFiles } from '../../../scripts/use-cases/notices/ways/wake-closed.ts';
import type { ClaudeSession } from '../../support/real/claude-session.ts';
import { installClients } from '../../support/real/clients.ts';
import { untilNextSession } from '../../support/real/notices.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

if ('skip' in clients || skip) {
  test('a closed session is woken', { skip }, () => undefined);
} else {
  describe('a closed session is woken', { concurrency: 2 }, () => {
    for (const [version, program] of Object.entries(clients.claudes)) {
      test(`claude ${version}: a job that ends after /exit resumes its session headless, once, with the notice`, async () => {
        await using world = await wakingWorld(program);
        await using session = await world.startSession();
        const job = await gatedJob(world, session);
        assert.equal(await session.exit(), 0);
        const before = world.claudeModel.agentRequests().length;
        world.claudeModel.script({ when: { newText: 'has ended' }, text: 'I have heard of it.' });
        job.open();
        const text = await until(
          'the closed session is told',
          () => world.claudeModel.agentRequests().length > before && world.claudeModel.newText(),
        );
        assert.match(text, new RegExp(`${job.id} .*failed \\(exit 3\\)`));
        assert.match(text, /\| two/);
        const all = JSON.stringify(world.claudeModel.agentRequests().at(-1)?.messages);
        assert.ok(all.includes('That was step'), `it goes on with its conversation: ${all}`);
        assert.equal(all.split('codex-companion notice ').length - 1, 1, all);

        const { log } = wakeFiles(jobDirectory(world.layout, job.id));
        const said = await until(
          'the run is over',
          () => /It ended with/.test(readFileSync(log, 'utf8')) && readFileSync(log, 'utf8'),
        );
        assert.match(
          said,
          /claude -p --resume [0-9a-f-]+ … \(in .*project\)\nI have heard of it\.\n.*It ended with 0\./,
        );
        await world.cli('sweep');
        assert.equal((await world.ask('status', job.id)).job.notice.state, 'delivered');
        assert.equal(world.claudeModel.agentRequests().length, before + 1);
        await nothingIsLeft(world);
      });
    }

    test('a session that was resumed in another terminal is told there, and is not run a second time', async () => {
      await using world = await wakingWorld(clients.claude);
      await using first = await world.startSession();
      const job = await gatedJob(world, first);
      const id = (await world.claude.liveSessions())[0]?.sessionId ?? assert.fail();
      assert.equal(await first.exit(), 0);
      await using again = await world.claude.start({ cwd: world.workspace, args: ['--resume', id] });
      await untilNextSession(world, again.pid, undefined);
      const before = world.claudeModel.agentRequests().length;
      job.open();
      await until('it is told', () => world.claudeModel.agentRequests().length > before);
      assert.match(world.claudeModel.newText(), new RegExp(job.id));
      await until(
        'it is heard',
        async () => (await world.ask('status', job.id)).job.notice.state === 'delivered',
      );
      assert.equal(existsSync(wakeFiles(jobDirectory(world.layout, job.id)).claim), false);
      assert.equal(await again.exit(), 0);
      await nothingIsLeft(world);
    });
  });
}

/** With the switch on, and `claude` on PATH as people have it. */
async function wakingWorld(program: string): Promise<RealWorld> {
  if ('skip' in clients) throw new Error(clients.skip);
  const world = await realWorld(clients, program);
  const bin = world.account.path('bin-of-the-user');
  mkdirSync(bin);
  symlinkSync(program, join(bin, 'claude'));
  world.claude.env.PATH = [bin, world.claude.env.PATH].join(delimiter);
  await world.ask('setup', '--wake-closed-session', 'on');
  return world;
}

/** A background job, started by the agent itself, that ends when its gate is opened. */
async function gatedJob(world: RealWorld, session: ClaudeSession): Promise<{ id: string; open(): void }> {
  const gate = world.account.path('gate');
  writeFileSync(gate, '');
  const command = `while [ -e ${gate} ]; do sleep 0.05; done; echo one; echo two; exit 3`;
  const text = await world.bash(session, `codex-companion run --background --json -- sh -c '${command}'`);
  return { id: JSON.parse(text).jobId, open: () => rmSync(gate) };
}

/** One session of real Claude Code, open in two terminals: what is closed in one of them is not the other's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identify } from '../../../scripts/process/identity.ts';
import { sessionDirectory } from '../../../scripts/state/layout.ts';
import { clientsOf } from '../../../scripts/state/session/clients.ts';
import { makeContext } from '../../../scripts/use-cases/context.ts';
import { enqueue } from '../../../scripts/use-cases/jobs/enqueue.ts';
import { builtBundles } from '../../support/bundles.ts';
import { environment } from '../../support/real/account.ts';
import { installClients } from '../../support/real/clients.ts';
import { assertDelivered, doorbells, gatedJob, openSession } from '../../support/real/notices.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { type RealWorld, realWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

/** A foreground job of one client's, as its agent's shell would have it. */
async function foregroundJob(world: RealWorld, sessionId: string, pid: number): Promise<string> {
  const client = identify(pid) ?? null;
  const { id } = await enqueue(makeContext(environment(world.account), world.workspace, builtBundles()), {
    ...{ kind: 'run', title: 'Run', summary: 'sleep', background: false },
    limits: { deadlineSeconds: 0, stallSeconds: 0 },
    origin: { host: 'claude-code', sessionId, client },
    spec: { argv: ['sleep', '300'] },
  });
  await until('it runs', async () => (await statusOf(world, id)).status === 'running');
  return id;
}

const statusOf = async (world: RealWorld, id: string) => (await world.ask('status', id)).job;

/** By pid: whether its end of the session was heard. */
const heardEnds = (directory: string) =>
  clientsOf(directory).map(({ client, ended }): [number | undefined, boolean] => [client?.pid, ended]);

if ('skip' in clients || skip) {
  test('a session in two terminals', { skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version}: closing a second terminal, or claude -p, keeps the first one's foreground job and its bell`, async () => {
      await using world = await realWorld(clients, program);
      await using first = await world.startSession();
      await world.bash(first, 'true');
      const { id } = await until('the session is on record', () => openSession(world, first.pid));
      const directory = sessionDirectory(world.layout.root, 'claude-code', id);
      const kept = await foregroundJob(world, id, first.pid);
      const afterTerminal = await gatedJob(world, first);
      const afterPrint = await gatedJob(world, first);

      const second = await world.claude.start({ cwd: world.workspace, args: ['--resume', id] });
      await using _second = second;
      await until('both have noted themselves', () => clientsOf(directory).length === 2);
      assert.equal(doorbells(world).length, 2);
      const theirs = await foregroundJob(world, id, second.pid);
      assert.equal(await second.exit(), 0);
      await until(
        'its foreground job has ended with it',
        async () => (await statusOf(world, theirs)).outcome,
      );
      assert.deepEqual(
        heardEnds(directory).sort(),
        [[first.pid, false] as [number, boolean], [second.pid, true] as [number, boolean]].sort(),
      );
      await world.cli('sweep');
      assert.equal((await statusOf(world, kept)).status, 'running');
      afterTerminal.open();
      await assertDelivered(world, afterTerminal.id);

      const args = ['-p', '--resume', id, '--permission-mode', 'bypassPermissions', 'Hello?'];
      assert.equal((await world.claude.run(args, { cwd: world.workspace })).code, 0);
      await world.cli('sweep');
      assert.equal((await statusOf(world, kept)).status, 'running');
      afterPrint.open();
      await assertDelivered(world, afterPrint.id);

      assert.equal(await first.exit(), 0);
      const { outcome } = await until('the last one ends its own', async () => {
        const job = await statusOf(world, kept);
        return job.outcome && job;
      });
      assert.equal(outcome.ending, 'cancelled');
    });
  }
}

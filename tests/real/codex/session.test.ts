/** A session of the real Codex, with our plugin from the marketplace, starts jobs; the next one, sandboxed, reads them. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { mustSucceed } from '../../support/real/run.ts';
import { type CodexWorld, codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  test('codex: a background task outlives codex exec, a foreground one ends, and the next session reads the result', async (t) => {
    await using world = await codexWorld(clients);
    await world.codexPluginInstall();
    // Codex's shell is a login shell, whose profile may name no codex: then the host itself is the one that is meant.
    await writeFile(join(world.account.home, '.profile'), 'PATH=/usr/local/bin:/usr/bin:/bin\n');
    await writeFile(join(world.workspace, 'kept.txt'), `${lengthy}[[hold]][[say:THE-ANSWER]]`);
    await writeFile(join(world.workspace, 'ended.txt'), `${lengthy}[[hang]]`);
    const task = `${world.companion} task`;
    const told = await codexExec(world, 'danger-full-access', [
      'echo "$CODEX_THREAD_ID"',
      `${task} --background --prompt-file kept.txt >kept.out`,
      `${task} --prompt-file ended.txt >ended.out 2>&1 &`,
      'until grep -q started ended.out; do sleep 0.1; done',
    ]);
    const over = performance.now();
    const session = /^[0-9a-f-]{36}$/m.exec(told)?.[0] ?? assert.fail(told);

    const [ended, kept] = jobs(world);
    assert.deepEqual(
      [kept, ended].map((job) => [job?.background, job?.origin?.host, job?.origin?.sessionId]),
      [
        [true, 'codex', session],
        [false, 'codex', session],
      ],
    );
    const id = kept?.id ?? assert.fail();
    await until(
      'the foreground task has ended',
      async () => (await statusOf(world, ended?.id)) === 'cancelled',
    );
    await until('the session is over', () =>
      readState(world.layout).sessions.some((one) => one.id === session && one.endedAt),
    );
    assert.equal(await statusOf(world, id), 'running');
    world.codexModel.release();
    assert.equal((await world.ask('wait', id)).jobs[0].status, 'completed');
    t.diagnostic(
      `completed ${Math.round(performance.now() - over)} ms after the session's end, nothing left ${await nothingIsLeft(world)} ms later`,
    );

    const read = await codexExec(world, 'workspace-write', [
      `${world.companion} status`,
      `${world.companion} result ${id}`,
      `${world.companion} run --background -- sleep 60`,
      'echo "exit $?"',
    ]);
    assert.match(
      read,
      new RegExp(`${id}[\\s\\S]*THE-ANSWER[\\s\\S]*sandbox[\\s\\S]*approval[\\s\\S]*exit 5`),
    );
    assert.equal(jobs(world).length, 2);
    await nothingIsLeft(world);
  });
}

/** Longer than a summary, so that what stands behind it is not shown as one. */
const lengthy = `Find out why the login test fails now and then. ${'Take the time that it takes. '.repeat(4)}`;

/** A session whose one turn runs these commands in its shell; what they printed. */
async function codexExec(world: CodexWorld, sandbox: string, commands: string[]): Promise<string> {
  const args = ['--dangerously-bypass-hook-trust', '--skip-git-repo-check', '--sandbox', sandbox];
  const prompt = `${commands.map((command) => `${command}\n`).join('')}`;
  const before = world.codexModel.requests.length;
  mustSucceed(
    'codex exec',
    await world.codex.run(['exec', ...args, `[[exec:${prompt}]][[say:done]]`], { cwd: world.workspace }),
  );
  const own = world.codexModel.requests.slice(before).filter(({ step }) => step.say === 'done');
  return own.flatMap(({ outputs }) => outputs).join('\n');
}

/** As the state lists them, newest first. */
function jobs({ layout }: CodexWorld) {
  return readState(layout).jobs;
}

async function statusOf(world: CodexWorld, id = ''): Promise<string> {
  return (await world.ask('status', id)).job.status;
}

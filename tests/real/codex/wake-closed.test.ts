/** A closed session of Codex is resumed headless with the notice: the real program, a scripted model, `--wake-closed-session on`. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobDirectory } from '../../../scripts/state/layout.ts';
import { readState } from '../../../scripts/state/workspace/store.ts';
import { wakeFiles } from '../../../scripts/use-cases/notices/ways/wake-closed.ts';
import { installClients } from '../../support/real/clients.ts';
import { nothingIsLeft } from '../../support/real/remains.ts';
import { tmuxMissing } from '../../support/real/tmux.ts';
import { codexWorld } from '../../support/real/world.ts';
import { until } from '../../support/wait.ts';

const LIMIT_MS = 120_000;
const clients = await installClients();
const skip = 'skip' in clients ? clients.skip : tmuxMissing();

if ('skip' in clients || skip) {
  test('a closed session of Codex is woken', { skip }, () => undefined);
} else {
  test('codex: a job that ends after /quit resumes its session headless, once, with the notice', async () => {
    await using world = await codexWorld(clients);
    await world.codexPluginInstall();
    // Codex's shell is a login shell, whose profile may name no codex: then the host itself is the one that is meant.
    writeFileSync(join(world.account.home, '.profile'), 'PATH=/usr/local/bin:/usr/bin:/bin\n');
    await world.ask('setup', '--wake-closed-session', 'on');
    await using session = await world.codex.start({ cwd: world.workspace });
    const command = `${world.companion} run --background -- sh -c "until [ -e gate ]; do sleep 0.1; done; echo 3 of 40 tests FAILED; exit 3"`;
    await session.say(`[[exec:${command}]][[say:it runs]]`);
    await session.waitScreen('the end of the turn', /^\s*• it runs/m, LIMIT_MS);
    const id = readState(world.layout).jobs[0]?.id ?? assert.fail();
    assert.equal(await session.exit(), 0);
    const before = world.codexModel.requests.length;
    writeFileSync(join(world.workspace, 'gate'), '');

    const { log } = wakeFiles(jobDirectory(world.layout, id));
    const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await until('the run is over', () => /It ended with|not be started|not woken/.test(said()), LIMIT_MS);
    assert.match(said(), /codex exec resume --skip-git-repo-check [0-9a-f-]+ - … \(in .*project\)\n/);
    assert.match(said(), /It ended with 0\./);
    const requests = world.codexModel.requests.slice(before).map(({ body }) => JSON.stringify(body.input));
    const told = requests.find((input) => input.includes('codex-companion notice ')) ?? assert.fail(said());
    assert.match(told, new RegExp(`${id} .*failed \\(exit 3\\)`));
    assert.ok(told.includes('it runs'), `it goes on with its conversation: ${told}`);
    assert.equal(told.split('codex-companion notice ').length - 1, 1, told);
    const asked = world.codexModel.requests.length;
    await until('the receipt is seen', async () => {
      await world.cli('sweep');
      return (await world.ask('status', id)).job.notice.state === 'delivered';
    });
    assert.equal(world.codexModel.requests.length, asked);
    await nothingIsLeft(world);
  });
}

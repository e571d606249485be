/** The harness itself: the real programs start, talk to a scripted model, and leave nothing behind. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { type Account, makeAccount } from '../support/real/account.ts';
import { setUpClaude } from '../support/real/claude.ts';
import { installClients } from '../support/real/clients.ts';
import { setUpCodex } from '../support/real/codex.ts';
import { startMessagesApi } from '../support/real/messages-api.ts';
import { startResponsesApi } from '../support/real/responses-api.ts';
import { tmuxMissing } from '../support/real/tmux.ts';
import { until } from '../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('the real programs', { skip: clients.skip }, () => undefined);
} else {
  for (const [version, program] of Object.entries(clients.claudes)) {
    test(`claude ${version} -p runs a scripted Bash call and prints the model's text`, async () => {
      await using account = await makeAccount();
      await using model = await startMessagesApi();
      const cwd = await folder(account);
      model.script(
        { tools: [{ id: 'call-1', name: 'Bash', input: { command: 'echo "from $PWD"', description: 'd' } }] },
        { when: { resultOf: 'call-1' }, text: 'ALL-DONE' },
      );
      const claude = await setUpClaude(account, program, model.url, { trust: [cwd] });
      const { code, stdout, stderr } = await claude.print('go', { cwd });
      assert.deepEqual({ code, stdout: stdout.trim() }, { code: 0, stdout: 'ALL-DONE' }, stderr);
      assert.equal(model.toolResult('call-1'), `from ${cwd}`);
    });

    test(`an interactive claude ${version} answers and leaves by /exit`, {
      skip: tmuxMissing(),
    }, async () => {
      await using account = await makeAccount();
      await using model = await startMessagesApi();
      const cwd = await folder(account);
      model.script({ when: { newText: 'hello there' }, text: 'GOOD-DAY' });
      const claude = await setUpClaude(account, program, model.url, { trust: [cwd] });
      await using session = await claude.start({ cwd });
      await session.say('hello there');
      await session.waitScreen('the answer', 'GOOD-DAY');
      assert.deepEqual(
        (await claude.liveSessions()).map(({ pid }) => pid),
        [session.pid],
      );
      assert.equal(await session.exit(), 0);
    });
  }

  test('codex exec runs a scripted command in its sandbox and prints what the model says', async () => {
    await using account = await makeAccount();
    await using model = await startResponsesApi();
    const cwd = await folder(account);
    const codex = await setUpCodex(account, clients, model.baseUrl);
    const prompt = '[[exec:echo from-shell; touch new.txt]][[say:exec works]]';
    const { code, stdout, stderr } = await codex.run(['exec', '--skip-git-repo-check', prompt], {
      cwd,
    });
    assert.deepEqual({ code, stdout: stdout.trim() }, { code: 0, stdout: 'exec works' }, stderr);
    // Its two streams come in either order.
    for (const text of [/from-shell/, /Read-only file system/])
      assert.match(model.requests.at(-1)?.outputs[0] ?? '', text);
  });

  test('an app-server runs turns side by side, is interrupted, and tells of an error', async () => {
    await using account = await makeAccount();
    await using model = await startResponsesApi();
    const cwd = await folder(account);
    const codex = await setUpCodex(account, clients, model.baseUrl);
    await using server = await codex.appServer();
    const start = () => server.startThread({ cwd, approvalPolicy: 'never', sandbox: 'read-only' });
    const [a, b] = [await start(), await start()];

    const bothAsked = until('both turns wait for their model at once', () => model.requests.length === 2);
    const both = [server.turn(a, '[[slow:2]][[say:A]]'), server.turn(b, '[[slow:2]][[say:B]]')];
    await bothAsked;
    assert.deepEqual(
      model.requests.map(({ ended }) => ended),
      [false, false],
    );
    assert.deepEqual(
      (await Promise.all(both)).map(({ status }) => status),
      ['completed', 'completed'],
    );

    const hanging = server.turn(a, '[[hang]]');
    await until('the model was asked', () => model.requests.at(-1)?.step.hang);
    const turnId = server.notifications.findLast(({ method }) => method === 'turn/started')?.params.turn;
    await server.request('turn/interrupt', { threadId: a, turnId: (turnId as { id: string }).id });
    assert.equal((await hanging).status, 'interrupted');
    await until('the request was cut', () => model.requests.at(-1)?.cut);

    const failed = await server.turn(a, '[[http:500]]');
    assert.deepEqual([failed.status, failed.error?.codexErrorInfo], ['failed', 'internalServerError']);
    assert.equal(await server.close(), 0);
  });
}

async function folder(account: Account): Promise<string> {
  await mkdir(account.path('work'));
  return account.path('work');
}

/** Turns on the real Codex: each goes as on the fake one, and what only the real one can prove. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { AppServer } from '../../../scripts/codex/program/app-server.ts';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { CodexBench, FakeBench, follow } from '../../support/codex/codex-bench.ts';
import { tell, turnStories } from '../../support/codex/turn-stories.ts';
import { survivors } from '../../support/leaks.ts';
import { makeAccount } from '../../support/real/account.ts';
import { type Clients, installClients } from '../../support/real/clients.ts';
import { setUpCodex } from '../../support/real/codex.ts';
import { type ResponsesApi, startResponsesApi } from '../../support/real/responses-api.ts';
import { until } from '../../support/wait.ts';

const clients = await installClients();

if ('skip' in clients) {
  test('turns on the real Codex', { skip: clients.skip }, () => undefined);
} else {
  for (const story of turnStories) {
    test(`${story.name}: on the real Codex as on the fake`, async () => {
      await using real = await aRealCodex(clients);
      await using fake = new FakeBench({ yieldMs: 200, review: directives(story.reviewer ?? []) });
      real.model.script(...(story.reviewer ?? []));
      const onReal = await tell(real.bench, await real.bench.server(), story);
      const onFake = await tell(fake, await fake.server(), story);
      sameStory(onReal, onFake);
      await until('no command is left', () => survivors(real.bench.repository).length === 0);
    });
  }

  test('a released thread is resumed by `codex exec` at once, while another turn goes on', async (t) => {
    await using real = await aRealCodex(clients);
    const server = await real.bench.server();
    const other = follow(
      server,
      real.bench.task('[[exec:sleep 3]][[say:other]]', { sandbox: 'danger-full-access' }),
    );
    const { threadId } = await runTurn(server, real.bench.task('[[say:first]]'));
    const began = performance.now();
    const { code, stdout, stderr } = await real.run(['exec', 'resume', String(threadId), '[[say:resumed]]']);
    assert.deepEqual([code, stdout.trim()], [0, 'resumed'], stderr);
    t.diagnostic(`resumed in ${Math.round(performance.now() - began)} ms`);
    const again = await runTurn(server, real.bench.task('[[say:and here]]', { resumeThreadId: threadId }));
    assert.equal(again.finalMessage, 'and here');
    assert.equal((await other).result.finalMessage, 'other');
  });

  test('a thread whose app-server was killed in mid-turn goes on in the next', async () => {
    await using real = await aRealCodex(clients);
    const server = await real.bench.server();
    const turn = follow(server, real.bench.task('[[hang]]'));
    await until('the model is asked', () => real.model.requests.length === 1);
    process.kill(server.pid, 'SIGKILL');
    const { result } = await turn;
    assert.deepEqual(
      [result.cause, result.reason],
      ['connection-lost', 'codex app-server was ended by SIGKILL'],
    );
    const resumed = real.bench.task('[[say:on]]', { resumeThreadId: result.threadId });
    assert.equal((await runTurn(await real.bench.server(), resumed)).finalMessage, 'on');
  });

  test('the caller’s environment reaches commands, stands in no file, and nothing is trusted', async () => {
    await using real = await aRealCodex(clients);
    const environment = { PATH: '/usr/bin:/bin', MARK: 'mark-of-the-caller' };
    const check = '[[exec:test "$MARK" = mark-of""-the-caller && touch written && echo same]][[say:ok]]';
    const request = real.bench.task(check, { environment, sandbox: 'workspace-write' });
    const result = await runTurn(await real.bench.server(), request);
    assert.deepEqual(
      result.commands.map(({ exitCode }) => exitCode),
      [0],
    );
    assert.equal(real.bench.read('written'), '');
    assert.deepEqual(filesWith(environment.MARK, real.bench.folder), []);
    assert.doesNotMatch(
      readFileSync(join(real.bench.folder, 'home/.codex/config.toml'), 'utf8'),
      /trust_level/,
    );
  });

  test('the user’s own hooks fire in a delegated thread, those of our plugin do not', async () => {
    await using real = await aRealCodex(clients);
    const { bench } = real;
    const fired = join(bench.folder, 'fired');
    const hooks = (whose: string) => {
      const command = `echo ${whose} >> ${fired}`;
      return JSON.stringify({ hooks: { PreToolUse: [{ hooks: [{ type: 'command', command }] }] } });
    };
    const config = join(bench.folder, 'home/.codex/config.toml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('plugins = false', 'plugins = true'));
    writeFileSync(join(bench.folder, 'home/.codex/hooks.json'), hooks('the user'));
    await installPlugin(real, 'codex', hooks('ours'));
    await installPlugin(real, 'other', hooks('another plugin'));

    const server = await bench.server();
    await trustHooks(server, bench.repository);
    await runTurn(server, bench.task('[[exec:true]][[say:ok]]'));
    assert.deepEqual(readFileSync(fired, 'utf8').trim().split('\n').sort(), ['another plugin', 'the user']);
  });

  test('sixteen turns of two seconds run on one app-server side by side', async () => {
    await using real = await aRealCodex(clients);
    const server = await real.bench.server();
    const turns = Array.from({ length: 16 }, (_, n) =>
      follow(server, real.bench.task(`[[slow:2]][[say:turn ${n}]]`)),
    );
    await until('the model is asked by all at once', () => {
      const { requests } = real.model;
      return requests.length === 16 && requests.every(({ ended }) => !ended);
    });
    const told = await Promise.all(turns);
    assert.deepEqual(
      told.map(({ result }) => result.finalMessage),
      told.map((_, n) => `turn ${n}`),
    );
    assert.ok(told.every(({ result }) => result.release?.released));
  });
}

async function aRealCodex(installed: Clients) {
  const account = await makeAccount();
  const model: ResponsesApi = await startResponsesApi();
  const codex = await setUpCodex(account, installed, model.baseUrl);
  const bench = new CodexBench(account.root, codex.env);
  return {
    bench,
    model,
    run: (args: string[]) => codex.run(args, { cwd: bench.repository }),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    },
  };
}

type RealCodex = Awaited<ReturnType<typeof aRealCodex>>;

async function installPlugin({ bench, run }: RealCodex, name: string, hooks: string): Promise<void> {
  const market = join(bench.folder, `market-of-${name}`);
  const files = {
    '.agents/plugins/marketplace.json': `{"name":"m-${name}","plugins":[{"name":"${name}","source":{"source":"local","path":"./p"}}]}`,
    'p/.codex-plugin/plugin.json': `{"name":"${name}","version":"1.0.0","description":"d"}`,
    'p/hooks/hooks.json': hooks,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(market, dirname(path)), { recursive: true });
    writeFileSync(join(market, path), content);
  }
  for (const args of [
    ['marketplace', 'add', market],
    ['add', `${name}@m-${name}`],
  ]) {
    const { code, stderr } = await run(['plugin', ...args]);
    assert.equal(code, 0, stderr);
  }
}

async function trustHooks(server: AppServer, cwd: string): Promise<void> {
  interface Listed {
    data: { hooks: { key: string; currentHash: string }[] }[];
  }
  const { data } = (await server.request('hooks/list', { cwds: [cwd] })) as Listed;
  const edits = data
    .flatMap(({ hooks }) => hooks)
    .map(({ key, currentHash }) => ({
      keyPath: `hooks.state.${JSON.stringify(key)}.trusted_hash`,
      value: currentHash,
      mergeStrategy: 'replace',
    }));
  assert.equal(edits.length, 3);
  await server.request('config/batchWrite', { edits, reloadUserConfig: true });
}

/** The steps of a model as the fake's prompts tell them. */
function directives(steps: { exec?: string; say?: string; http?: number }[]): string {
  return steps
    .flatMap((step) => Object.entries(step))
    .map(([name, value]) => `[[${name}:${value}]]`)
    .join('');
}

function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path, 'latin1').includes(text));
}

type Told = Awaited<ReturnType<typeof tell>>;

/** Field by field: a failure shows the field that differs, also where a report has room for a few lines alone. */
function sameStory(onReal: Told, onFake: Told): void {
  assert.deepEqual(onReal.progress, onFake.progress);
  for (const field of new Set([...Object.keys(onReal.result), ...Object.keys(onFake.result)]))
    assert.deepEqual({ [field]: onReal.result[field] }, { [field]: onFake.result[field] });
}

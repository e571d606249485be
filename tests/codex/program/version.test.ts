/** A Codex that is too old for us is refused by one sentence, wherever it is met. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLDEST_CODEX, refusalOf, versionIn } from '../../../scripts/codex/program/version.ts';
import { FakeBench } from '../../support/codex/codex-bench.ts';
import { survivors } from '../../support/leaks.ts';
import { aWorkspace } from '../../support/world.ts';

const old = '0.153.4';
const sentence = `Codex ${old} is too old: codex-companion needs ${OLDEST_CODEX} or newer.`;
const hint = 'npm install -g @openai/codex@latest';

test('versions before the oldest one are refused, and no others', () => {
  const refused = (version: string) => refusalOf(version) !== undefined;
  assert.deepEqual(['0.1.2505172129', '0.99.0', '0.153.4', '0.153.99-alpha.1'].filter(refused).length, 4);
  // A build of Codex's own source says 0.0.0; what says nothing is let through.
  const accepted = [OLDEST_CODEX, '0.154.0-alpha.3', '0.169.0', '0.1000.0', '1.0.0', '0.0.0', 'nightly', ''];
  assert.deepEqual(accepted.filter(refused), []);
  const { code, message, hint: next } = refusalOf(old) ?? {};
  assert.deepEqual({ code, message, next }, { code: 'codex-unsupported', message: sentence, next: hint });
});

test('the version stands in the answer to initialize', () => {
  assert.equal(
    versionIn('codex-companion/0.154.0 (Debian 12.0.0; x86_64) dumb (codex-companion; 1.1.0)'),
    '0.154.0',
  );
  assert.equal(versionIn('codex-companion/0.170.0-alpha.2 (Mac OS)'), '0.170.0-alpha.2');
  assert.equal(versionIn(''), '');
});

for (const [name, dieOn] of [
  ['whose app-server answers'],
  ['whose app-server does not start', 'initialize'],
] as const) {
  test(`an old Codex ${name} is refused by its version`, async () => {
    await using bench = new FakeBench({ version: old, ...(dieOn ? { dieOn } : {}) });
    await assert.rejects(bench.server(), { code: 'codex-unsupported', message: sentence, hint });
    assert.deepEqual(survivors(bench.folder), []);
    const started = bench.fake.log().filter(({ kind }) => kind === 'spawn').length;
    assert.equal(started, dieOn ? 2 : 1);
  });
}

test('a task on an old Codex fails with the sentence and what to type; setup and doctor say it too', async () => {
  await using world = await aWorkspace({ codex: { version: old, account: { type: 'chatgpt' } } });
  const { code, stderr } = await world.cli('task', '[[say:never]]');
  assert.equal(code, 1);
  assert.ok(stderr.includes(`${sentence} (${hint})`), stderr);
  assert.deepEqual(world.codex.requests('thread/start'), []);

  const { ready, codex, nextSteps } = (await world.cli('setup', '--json')).json;
  assert.deepEqual([ready, codex.available, codex.version, codex.detail], [false, false, old, sentence]);
  assert.match(nextSteps[0], /npm install -g @openai\/codex@latest/);
  assert.equal((await world.cli('doctor', '--json')).json.problems.at(-1), `${sentence} ${hint}`);
});

/** The approval policy of a turn, by what an organisation's requirements.toml allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { FakeBench, follow } from '../../support/codex/codex-bench.ts';

for (const [allowed, taken] of [
  [['untrusted', 'on-request'], 'on-request'],
  [['untrusted'], 'untrusted'],
  [['never', 'on-request'], 'never'],
] as const) {
  test(`where requirements.toml allows ${allowed.join(' and ')}, a turn gets ${taken}, and what is asked is declined`, async () => {
    await using bench = new FakeBench({ requirements: { allowedApprovalPolicies: [...allowed] } });
    const prompt = '[[ask:item/commandExecution/requestApproval]]';
    const { result, progress } = await follow(await bench.server(), bench.task(prompt));
    assert.deepEqual([result.status, result.finalMessage], ['completed', '{"decision":"decline"}']);
    const [thread] = bench.fake.requests('thread/start');
    const reviewer = taken === 'never' ? undefined : 'user';
    assert.deepEqual([thread?.approvalPolicy, thread?.approvalsReviewer], [taken, reviewer]);
    assert.equal(bench.fake.requests('turn/start')[0]?.approvalPolicy, taken);
    const told = progress[0]?.message.includes(`approval policy: ${taken}, as requirements.toml`);
    assert.equal(told, taken !== 'never');
  });
}

test('where requirements.toml has Codex decide by itself what is asked, nothing is started', async () => {
  const requirements = {
    allowedApprovalPolicies: ['on-request'],
    allowedApprovalsReviewers: ['auto_review'],
  };
  await using bench = new FakeBench({ requirements });
  await assert.rejects(runTurn(await bench.server(), bench.task('[[say:x]]')), {
    code: 'codex-failed',
    message: /neither the approval policy "never" nor the reviewer "user"/,
  });
  assert.deepEqual(bench.fake.requests('thread/start'), []);
});

test('a Codex that knows no requirements has none', async () => {
  const refuse = {
    'configRequirements/read': { code: -32_600, message: 'Invalid request: unknown variant' },
  };
  await using bench = new FakeBench({ refuse });
  assert.equal((await runTurn(await bench.server(), bench.task('[[say:x]]'))).status, 'completed');
});

/** What Codex's own questions are answered with, while nobody watches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { answerServerRequest } from '../../../scripts/codex/wire/server-requests.ts';
import { FakeBench } from '../../support/codex/codex-bench.ts';

const refusal = /unattended: nobody is there to answer/;

for (const [method, answer] of [
  ['item/commandExecution/requestApproval', { decision: 'decline' }],
  ['item/fileChange/requestApproval', { decision: 'decline' }],
  ['item/permissions/requestApproval', { permissions: {}, scope: 'turn' }],
  ['item/tool/requestUserInput', { answers: {} }],
  ['mcpServer/elicitation/request', { action: 'decline', content: null, _meta: null }],
  ['item/somethingNew/requestApproval', { decision: 'decline' }],
  ['some/newElicitation', { action: 'decline', content: null, _meta: null }],
] as const) {
  test(`${method} is declined, and the turn goes on`, async () => {
    await using bench = new FakeBench();
    const result = await runTurn(await bench.server(), bench.task(`[[ask:${method}]]`));
    assert.deepEqual([result.status, JSON.parse(result.finalMessage)], ['completed', answer]);
  });
}

test('a call of a tool that we do not offer fails as a tool does', () => {
  const answer = answerServerRequest('item/tool/call', {}) as {
    result: { contentItems: { text: string }[] };
  };
  assert.match(answer.result.contentItems[0]?.text ?? '', refusal);
  assert.deepEqual({ ...answer.result, contentItems: [] }, { contentItems: [], success: false });
});

test('the older protocol’s approvals are denied with the reason', () => {
  for (const method of ['applyPatchApproval', 'execCommandApproval']) {
    const answer = answerServerRequest(method, {}) as {
      result: { decision: { denied: { rejection: string } } };
    };
    assert.match(answer.result.decision.denied.rejection, refusal);
  }
});

test('what has no typed refusal gets an error that says why', () => {
  const answer = answerServerRequest('account/chatgptAuthTokens/refresh', { threadId: 'T' });
  assert.ok('error' in answer);
  assert.equal(answer.error.code, -32_601);
  assert.match(answer.error.message, /account\/chatgptAuthTokens\/refresh \(thread T\) is not supported/);
  assert.match(answer.error.message, refusal);
});

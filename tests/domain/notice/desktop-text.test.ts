import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobOutcome } from '../../../scripts/domain/job/evidence.ts';
import type { JobRequest } from '../../../scripts/domain/job/job.ts';
import { desktopText } from '../../../scripts/domain/notice/desktop-text.ts';

const outcome = { ending: 'failed', exitCode: 3, limit: null, stillRunning: 0 } as unknown as JobOutcome;
const shown = (summary: string) => desktopText({ id: 'run-abc', summary } as JobRequest, outcome);

test('id, what it was, how it ended: and nothing else', () => {
  assert.deepEqual(shown('npm test'), { title: 'failed (exit 3): npm test', message: 'run-abc' });
});

test('how many have failed is told, in words of ours', () => {
  const { message } = desktopText(
    { id: 'run-abc', summary: 'npm test' } as JobRequest,
    outcome,
    '3 of 243 tests failed',
  );
  assert.equal(message, '3 of 243 tests failed (run-abc)');
});

test('what it was means nothing to notify-send or to a desktop', () => {
  const hostile = '--help "$(reboot)" `id` \\n <b>&lt;img src=x&gt;</b>\n\x1b]0;title\x07\x1b[31mred‮\x00';
  const { title } = shown(hostile);
  assert.equal(title, 'failed (exit 3): --help "$(reboot)" `id` ＼n ‹b›＆lt;img src=x＆gt;‹/b› red');
  for (const summary of [hostile, '\ud800', '\\', '%s%n', 'x'.repeat(1_000_000), '"'.repeat(1_000_000)]) {
    const { title: one } = shown(summary);
    assert.doesNotMatch(one, /[\\&<>\p{Cc}\p{Cs}]|^-/u);
    assert.ok(one.length < 150, String(one.length));
  }
});

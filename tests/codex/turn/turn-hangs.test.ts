/** Turns that would hang, each produced on purpose: all end with their own reason, at their limit or at once. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { TurnResult } from '../../../scripts/codex/turn/result.ts';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { FakeBench, follow } from '../../support/codex/codex-bench.ts';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';

const STEP_MS = 1_500;
const LIMIT_MS = 3_000;
/** What hangs hangs for ever; a loaded machine takes some seconds for all else. */
const ADDED_MS = 30_000;

function ending({ status, cause, limit }: TurnResult) {
  return limit ? [status, cause, limit] : [status, cause];
}

// Two at once, because they mostly wait.
describe('a turn that would hang', { concurrency: 2 }, () => {
  for (const [method, opened] of [
    ['config/read', false],
    ['thread/start', false],
    ['turn/start', true],
    ['review/start', true],
  ] as const) {
    test(`a server that is mute from ${method} on fails the turn`, async () => {
      await using bench = new FakeBench({ mute: method });
      const server = await bench.server();
      const request = method === 'review/start' ? bench.review() : bench.task('[[say:x]]');
      const following = follow(server, request, { stepMs: STEP_MS });
      await until('it is asked', () => bench.fake.requests(method).length > 0);
      // Answered until now, because a thread is not opened without.
      bench.fake.set({ mute: [method, 'config/read'] });
      const { result, took } = await following;
      assert.deepEqual(ending(result), ['failed', 'no-answer']);
      assert.equal(result.reason, `No answer to ${method} within 3 s.`);
      assert.equal(result.release?.released, opened ? true : undefined);
      assert.ok(took < 2 * STEP_MS + ADDED_MS, `${took} ms`);
      if (opened)
        assert.deepEqual(await server.request('thread/loaded/list'), { data: [], nextCursor: null });
    });
  }

  for (const method of ['thread/start', 'turn/start'] as const) {
    test(`a server that takes long for ${method} and answers other questions is waited for`, async () => {
      await using bench = new FakeBench({ slow: { [method]: 3 * STEP_MS } });
      const request = bench.task('[[say:at last]]');
      const { result } = await follow(await bench.server(), request, { stepMs: STEP_MS });
      assert.deepEqual([ending(result), result.finalMessage], [['completed', 'completed'], 'at last']);
    });
  }

  for (const [limit, options] of [
    ['deadline', { deadlineMs: LIMIT_MS }],
    ['stall', { stallMs: LIMIT_MS }],
  ] as const) {
    test(`a thread that is never opened ends the turn at its ${limit} limit`, async () => {
      await using bench = new FakeBench({ mute: 'thread/start' });
      const { result, took } = await follow(await bench.server(), bench.task('[[say:x]]'), options);
      assert.deepEqual([ending(result), result.threadId], [['timed-out', 'limit', limit], null]);
      assert.ok(took >= LIMIT_MS && took < LIMIT_MS + ADDED_MS, `${took} ms`);
    });
  }

  test('while a thread waits for MCP servers that it requires, the progress names them', async () => {
    const servers = {
      slow: { required: true, enabled: true },
      off: { required: true, enabled: false },
      optional: { required: false },
    };
    await using bench = new FakeBench({ config: { mcp_servers: servers }, slow: { 'thread/start': 3_000 } });
    const { result, progress } = await follow(await bench.server(), bench.task('[[say:x]]'));
    assert.equal(result.status, 'completed');
    assert.deepEqual(
      progress.slice(0, 2).map(({ phase, message }) => [phase, message.replace(/Thread \S+/, 'It')]),
      [
        ['starting', 'Codex is starting its MCP servers: slow.'],
        ['starting', 'It is ready.'],
      ],
    );
  });

  for (const [method, left] of [
    ['thread/start', null],
    ['turn/start', 'the turn that it started is interrupted'],
  ] as const) {
    test(`cancelling while ${method} is under way leaves no thread loaded, nor a turn running`, async () => {
      // Less than the second for which a late answer is waited for.
      await using bench = new FakeBench({ slow: { [method]: 400 } });
      const server = await bench.server();
      const marker = `${bench.folder}/went-on`;
      const cancel = new AbortController();
      const turn = follow(server, bench.task(`[[exec:sleep 1; touch ${marker}]]`), { signal: cancel.signal });
      await until(`${method} is under way`, () => bench.fake.requests(method).length > 0);
      cancel.abort();
      const { result } = await turn;
      assert.deepEqual(ending(result), ['interrupted', 'cancelled']);
      assert.deepEqual([result.release?.released, result.turnId === null], [true, left === null]);
      assert.deepEqual(await server.request('thread/loaded/list'), { data: [], nextCursor: null });
      assert.equal(existsSync(marker), false);
    });
  }

  test('an `error` without turn/completed ends the turn with that error', async () => {
    await using bench = new FakeBench();
    const { result, took } = await follow(await bench.server(), bench.task('[[error-only]]'));
    assert.deepEqual(ending(result), ['failed', 'turn-failed']);
    assert.deepEqual([result.reason, result.error?.info], ['the stream broke', 'other']);
    assert.ok(took < ADDED_MS, `${took} ms`);
  });

  for (const [what, prompt, limit, turnOver] of [
    ['hangs', '[[hang]]', 'stall', true],
    ['hangs', '[[hang]]', 'deadline', true],
    ['hangs and ignores interrupts', '[[hang]][[stubborn]]', 'deadline', false],
    ['answers nothing any more', '[[mute]]', 'stall', false],
  ] as const) {
    test(`a turn that ${what} is timed out at its ${limit} limit`, async () => {
      await using bench = new FakeBench();
      const limits = limit === 'stall' ? { stallMs: LIMIT_MS } : { deadlineMs: LIMIT_MS };
      const { result, took } = await follow(await bench.server(), bench.task(prompt), limits);
      assert.deepEqual(ending(result), ['timed-out', 'limit', limit]);
      assert.deepEqual([result.turnOver, result.release?.released], [turnOver, turnOver]);
      assert.match(result.reason, limit === 'stall' ? /3 s without a sign of life/ : /deadline of 3 s/);
      assert.ok(took >= LIMIT_MS && took < LIMIT_MS + ADDED_MS, `${took} ms`);
    });
  }

  const spent = "You've hit your usage limit";

  for (const [known, rateLimits, told] of [
    [
      'when it is reset',
      {
        primary: { usedPercent: 100, resetsAt: 1_800_000_000 },
        secondary: { usedPercent: 40, resetsAt: 1_900_000_000 },
      },
      ' It is reset at 2027-01-15 08:00 UTC.',
    ],
    ['nothing more', undefined, ''],
  ] as const) {
    test(`a turn that waits in silence at a usage limit fails with what Codex said, where Codex tells ${known}`, async () => {
      await using bench = new FakeBench(rateLimits ? { rateLimits } : {});
      const prompt = `[[retry:${spent}]][[hang]]`;
      const { result, took } = await follow(await bench.server(), bench.task(prompt), {
        usageLimitMs: LIMIT_MS,
      });
      assert.deepEqual(ending(result), ['failed', 'usage-limit']);
      assert.equal(
        result.reason,
        `Codex is at its usage limit, and silent for 3.0s since it said: ${spent}.${told}`,
      );
      assert.deepEqual([result.turnOver, result.release?.released], [true, true]);
      assert.ok(took >= LIMIT_MS && took < LIMIT_MS + ADDED_MS, `${took} ms`);
    });
  }

  test('a turn that goes on after its usage limit, and one that retries for another reason, are left alone', async () => {
    await using bench = new FakeBench();
    const server = await bench.server();
    const options = { usageLimitMs: LIMIT_MS };
    const on = await runTurn(server, bench.task(`[[retry:${spent}]][[exec:sleep 6]][[say:on]]`), options);
    assert.deepEqual([ending(on), on.finalMessage], [['completed', 'completed'], 'on']);
    const other = await runTurn(server, bench.task('[[retry:stream broke]][[slow:6]][[say:on]]'), options);
    assert.deepEqual(ending(other), ['completed', 'completed']);
  });

  test('a cancel of a turn whose server is mute comes back', async () => {
    await using bench = new FakeBench();
    const server = await bench.server();
    const cancel = new AbortController();
    const following = follow(server, bench.task('[[mute]]'), { signal: cancel.signal });
    await until('the turn was asked for', () => bench.fake.requests('turn/start').length > 0);
    const cancelled = performance.now();
    cancel.abort();
    const { result } = await following;
    const took = performance.now() - cancelled;
    assert.deepEqual(ending(result), ['interrupted', 'cancelled']);
    assert.equal(result.release?.released, false);
    assert.ok(took < ADDED_MS, `${took} ms`);
  });

  test('a long tool call is no stall', async () => {
    await using bench = new FakeBench();
    const result = await runTurn(await bench.server(), bench.task('[[exec:sleep 6]][[say:slept]]'), {
      stallMs: LIMIT_MS,
    });
    assert.deepEqual([ending(result), result.finalMessage], [['completed', 'completed'], 'slept']);
  });

  test('a command that goes on in the background does not hide a model that hangs, and is stopped', async () => {
    await using bench = new FakeBench({ yieldMs: 100 });
    const prompt = '[[exec:sleep 300]][[hang]]';
    const result = await runTurn(await bench.server(), bench.task(prompt), { stallMs: LIMIT_MS });
    assert.deepEqual(ending(result), ['timed-out', 'limit', 'stall']);
    assert.deepEqual(result.release?.stopped, ['sleep 300']);
    await until('the command is gone', () => survivors(bench.repository).length === 0);
  });

  for (const [how, prompt, reason] of [
    ['panics', '[[die]]', /^codex app-server exited with status 101 \(thread 'turn' panicked\)$/],
    ['is killed', '[[die:SIGKILL]]', /^codex app-server was ended by SIGKILL$/],
  ] as const) {
    test(`an app-server that ${how} in mid-turn fails the turn with that reason`, async () => {
      await using bench = new FakeBench();
      const { result, took } = await follow(await bench.server(), bench.task(prompt));
      assert.deepEqual(ending(result), ['failed', 'connection-lost']);
      assert.match(result.reason, reason);
      assert.deepEqual(
        [result.release, typeof result.threadId, typeof result.turnId],
        [null, 'string', 'string'],
      );
      assert.ok(took < ADDED_MS, `${took} ms`);
    });
  }

  test('an app-server that dies at thread/start fails the turn, and nothing was done', async () => {
    await using bench = new FakeBench({ dieOn: 'thread/start' });
    const result = await runTurn(await bench.server(), bench.task('[[say:x]]'));
    assert.deepEqual(
      [ending(result), result.threadId, result.turnId],
      [['failed', 'connection-lost'], null, null],
    );
  });

  test('a thread that is unloaded under its turn ends it', async () => {
    await using bench = new FakeBench({ announcedAfterMs: 60_000 });
    const server = await bench.server();
    const turn = follow(server, bench.task('[[hang]]'));
    // Before the turn has begun: later, Codex would keep the thread until the turn ends.
    const [start] = await until('the turn was asked for', () => {
      const requests = bench.fake.requests('turn/start');
      return requests.length > 0 && requests;
    });
    await server.request('thread/unsubscribe', { threadId: start?.threadId });
    const { result, took } = await turn;
    assert.deepEqual(ending(result), ['failed', 'turn-failed']);
    assert.equal(result.reason, 'Codex unloaded the thread while the turn ran.');
    assert.ok(took < ADDED_MS, `${took} ms`);
  });
});

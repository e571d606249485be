/** Ending a turn from outside, on the fake app-server: nothing of it goes on. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runTurn } from '../../../scripts/codex/turn/turn.ts';
import { FakeBench, follow } from '../../support/codex/codex-bench.ts';
import { survivors } from '../../support/leaks.ts';
import { until } from '../../support/wait.ts';

test('a cancelled turn takes the commands that it started with it', async () => {
  await using bench = new FakeBench();
  const server = await bench.server();
  const cancel = new AbortController();
  const turn = follow(server, bench.task('[[exec:sleep 300]][[say:never]]'), { signal: cancel.signal });
  const command = () => survivors(bench.repository).filter((one) => one.command.includes('sleep 300'));
  await until('the command runs', () => command().length > 0);
  cancel.abort();
  const { result } = await turn;
  assert.deepEqual(
    [result.status, result.cause, result.reason],
    ['interrupted', 'cancelled', 'The turn was cancelled.'],
  );
  assert.deepEqual(result.release, { released: true, stopped: ['sleep 300'], left: [], problem: null });
  assert.deepEqual(
    result.commands.map(({ exitCode }) => exitCode === 0),
    [false],
  );
  await until('the command is gone', () => command().length === 0);
});

for (const namesNoRootTurn of [false, true]) {
  const known = namesNoRootTurn ? 'which only the refusal names' : 'which was announced';
  test(`a cancelled review is interrupted by the id of its inner turn, ${known}`, async () => {
    await using bench = new FakeBench({ review: '[[exec:sleep 300]][[say:never]]', namesNoRootTurn });
    const server = await bench.server();
    const cancel = new AbortController();
    const turn = follow(server, bench.review(), { signal: cancel.signal });
    await until('the reviewer runs a command', () => survivors(bench.repository).length > 0);
    cancel.abort();
    const { result } = await turn;
    assert.deepEqual(
      [result.status, result.cause, result.reviewText, result.finalMessage],
      ['interrupted', 'cancelled', null, ''],
    );
    assert.deepEqual([result.turnOver, result.release?.released], [true, true]);
  });
}

test('a turn that was cancelled before it began starts nothing', async () => {
  await using bench = new FakeBench();
  const marker = `${bench.folder}/began`;
  const server = await bench.server();
  const result = await runTurn(server, bench.task(`[[exec:touch ${marker}]]`), {
    signal: AbortSignal.abort(),
  });
  assert.deepEqual([result.status, result.cause, result.turnId], ['interrupted', 'cancelled', null]);
  assert.equal(existsSync(marker), false);
  assert.deepEqual(await server.request('thread/loaded/list', {}), { data: [], nextCursor: null });
});

for (const how of ['completes', 'is cancelled'] as const) {
  test(`a turn that ${how} takes the agents that its model started with it`, async () => {
    await using bench = new FakeBench();
    const server = await bench.server();
    const cancel = new AbortController();
    const goOn = `${bench.folder}/go-on`;
    const prompt = `[[agent:sleep 300]][[exec:until [ -e ${goOn} ]; do sleep 0.02; done]][[say:done]]`;
    const turn = follow(server, bench.task(prompt), { signal: cancel.signal });
    const command = () => survivors(bench.repository).filter((one) => one.command.includes('sleep 300'));
    await until('the agent runs its command', () => command().length > 0);
    if (how === 'is cancelled') cancel.abort();
    else writeFileSync(goOn, '');
    const { status, release } = (await turn).result;
    assert.equal(status, how === 'completes' ? 'completed' : 'interrupted');
    assert.deepEqual(
      [release?.released, release?.left, release?.stopped.includes('sleep 300')],
      [true, [], true],
    );
    await until('the command is gone', () => command().length === 0);
    await until('no thread is loaded', async () => {
      const { data } = (await server.request('thread/loaded/list')) as { data: string[] };
      return data.length === 0;
    });
  });
}

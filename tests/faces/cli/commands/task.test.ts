import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../support/wait.ts';
import { aWorkspace, type CliOptions, type World } from '../../../support/world.ts';

const odd = `[[say:ok]] don't  touch "this" \\ or $(that)\n\n  and \`those\`, --write or -- not; 'it''s' ä€😀\t`;

/** The prompts that Codex has got, in order. */
function prompts(world: World): string[] {
  return world.codex
    .requests('turn/start')
    .map(({ input }) => (input as { text: string }[]).map(({ text }) => text).join(''));
}

test('a task answers in the foreground, its progress on stderr', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { code, stdout, stderr } = await world.cli('task', '[[say:hello there]]');
  assert.equal(code, 0);
  assert.match(stdout, /^hello there\n/);
  assert.match(
    stderr,
    /^(task-\S+) started; "codex-companion result \1" collects it if this wait ends early\n/,
  );
  assert.match(stderr, /^\[starting\] Turn started\.$/m);
  assert.match(stderr, /^task-\S+ completed after \S+$/m);
});

test('--json has the keys of 1.0.5, in the foreground and in the background', async () => {
  await using world = await aWorkspace({ codex: {} });
  const foreground = (await world.cli('task', '--json', '[[say:hello]]')).json;
  const { status, rawOutput, touchedFiles, reasoningSummary } = foreground;
  assert.deepEqual([status, rawOutput, touchedFiles, reasoningSummary], [0, 'hello', [], []]);
  assert.match(foreground.threadId, /^[0-9a-f-]{36}$/);

  const background = (await world.cli('task', '--background', '--json', '[[say:later]]')).json;
  const { jobId, logFile, ...rest } = background;
  assert.deepEqual(rest, { number: 2, status: 'queued', title: 'Codex Task', summary: '[[say:later]]' });
  assert.ok(existsSync(logFile));
  const { json } = await world.cli('wait', jobId, '--json');
  assert.deepEqual(Object.keys(json), ['jobs', 'timedOut']);
  const { storedJob } = (await world.cli('result', jobId, '--json')).json;
  assert.deepEqual([storedJob.result.rawOutput, storedJob.threadId], ['later', json.jobs[0].threadId]);
  assert.match((await world.cli('result', jobId)).stdout, /^later\n[\s\S]*Codex session ID: /);
});

test('its result is the answer, then the session and how to resume it, each once', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { threadId } = (await world.cli('task', '--json', '[[say:The answer.]]')).json;
  assert.equal(
    (await world.cli('result')).stdout,
    `The answer.\n\nCodex session ID: ${threadId}\nResume in Codex: codex resume ${threadId}\n`,
  );
});

test('a task that fails exits 1 and says why', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { code, json } = await world.cli('task', '--json', '[[fail:server_error|boom]]');
  assert.deepEqual([code, json.status, json.outcome.ending, json.outcome.reason], [1, 1, 'failed', 'boom']);
});

test('a prompt arrives byte for byte: as words, in one argument, from a file, and from stdin', async () => {
  await using world = await aWorkspace({ codex: {} });
  writeFileSync(join(world.workspace, 'prompt.txt'), odd);
  const ways: { options?: CliOptions; args: string[] }[] = [
    { args: [odd] },
    { args: ['--write', '--', odd] },
    { args: [`--write ${odd}`] },
    { args: ['--prompt-file', 'prompt.txt'] },
    { options: { stdin: odd }, args: [] },
    { options: { stdin: odd }, args: ['--write'] },
    // A pipe that nobody writes to does not hold up a task that has its prompt.
    { options: { stdin: 'open' }, args: [odd] },
    { options: { stdin: 'open' }, args: ['--prompt-file', 'prompt.txt'] },
    { options: { stdin: `--model spark ${odd}\n` }, args: ['--arguments-from-stdin'] },
  ];
  for (const { options = {}, args } of ways) {
    const { code, stderr } = await world.cliWith(options, 'task', ...args);
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(
    prompts(world),
    ways.map(() => odd),
  );
});

test('model and effort reach Codex, spark by its full name', async () => {
  await using world = await aWorkspace({ codex: {} });
  await world.cli('task', '--model', 'spark', '--effort', 'HIGH', '[[say:ok]]');
  const [{ model } = {}] = world.codex.requests('thread/start');
  const [{ effort } = {}] = world.codex.requests('turn/start');
  assert.deepEqual([model, effort], ['gpt-5.3-codex-spark', 'high']);
});

test('a task without a prompt, or with arguments that make no sense, starts nothing', async () => {
  await using world = await aWorkspace({ codex: {} });
  writeFileSync(join(world.workspace, 'latin1.txt'), Buffer.from([0xe4, 0xff]));
  for (const args of [
    [],
    [''],
    ['   '],
    ['--write'],
    ['--effort', 'huge', 'x'],
    ['--prompt-file', 'nowhere', ''],
    ['--prompt-file', 'latin1.txt'],
    ['--prompt-file', 'latin1.txt', 'and words'],
    ['--resume', '--fresh', 'x'],
    ['--resume-last', '--fresh', 'x'],
    ['--frob', 'x'],
    ['--wriet fix it'],
  ]) {
    const { code, json } = await world.cli('task', '--json', ...args);
    assert.deepEqual([code, json.error?.code], [2, 'usage'], args.join(' '));
  }
  assert.equal(existsSync(world.stateRoot), false);
});

test('without Codex a task is refused at once', async () => {
  await using world = await aWorkspace();
  world.write('new.txt', 'new\n');
  for (const args of [['task', 'x'], ['task', '--background', 'x'], ['review']]) {
    const { code, json } = await world.cli(args[0] ?? '', '--json', ...args.slice(1));
    assert.deepEqual([code, json.error?.code], [4, 'codex-missing']);
  }
  assert.equal(existsSync(world.stateRoot), false);
});

test('a turn stops after an hour of silence, unless told otherwise, and status shows it', async () => {
  await using world = await aWorkspace({ codex: {} });
  const limitsOf = async (verb: string, ...args: string[]) => {
    const { json } = await world.cli(verb, '--background', '--json', ...args);
    const { request } = world.reading(json.jobId).facts;
    return { id: json.jobId, stall: request.limits.stallSeconds };
  };
  const standard = await limitsOf('task', '[[hold]]');
  assert.equal(standard.stall, 3600);
  assert.match((await world.cli('status', standard.id)).stdout, /^ {2}limits +stall 1h 00m$/m);
  const none = await limitsOf('task', '--stall', 'none', '[[hold]]');
  assert.equal(none.stall, 0);
  assert.doesNotMatch((await world.cli('status', none.id)).stdout, /limits +stall/);
  const own = await limitsOf('task', '--stall', '5m', '--deadline', 'none', '[[hold]]');
  world.write('new.txt', 'new\n');
  const review = await limitsOf('review');
  assert.deepEqual([own.stall, review.stall], [300, 3600]);
  world.codex.set({ released: true });
  assert.equal((await world.cli('wait', ...[standard, none, own, review].map(({ id }) => id))).code, 0);
});

test('--resume goes on in the same thread, named or not, and not while a job works on it', async () => {
  await using world = await aWorkspace({ codex: {} });
  assert.equal((await world.cli('task', '--resume-last', 'x', '--json')).code, 3);
  const first = (await world.cli('task', '--json', '[[say:one]]')).json;
  const second = (await world.cli('task', '--json', '[[say:two]]')).json;
  const threadOf = async (...args: string[]) => (await world.cli('task', '--json', ...args)).json.threadId;
  assert.equal(await threadOf('--resume-last', '[[say:three]]'), second.threadId);
  assert.equal(await threadOf('--resume', first.jobId, '[[say:four]]'), first.threadId);
  assert.equal(await threadOf('--resume', second.threadId, '[[say:five]]'), second.threadId);
  assert.equal(await threadOf('--resume', '[[say:six]]'), second.threadId);

  const busy = await world.cli('task', '--background', '--json', '--resume', first.jobId, '[[slow:30]]');
  for (const reference of [first.jobId, first.threadId, busy.json.jobId]) {
    const { code, json } = await world.cli('task', '--json', '--resume', reference, 'x');
    assert.deepEqual([code, json.error?.code], [3, 'wrong-state'], reference);
  }
  assert.equal((await world.cli('task', '--resume-last', 'x')).code, 3);
  assert.equal((await world.cli('cancel', busy.json.jobId)).code, 0);
});

test('a conversation can be continued without a word', async () => {
  await using world = await aWorkspace({ codex: {} });
  await world.cli('task', '[[say:one]]');
  assert.equal((await world.cli('task', '--resume-last')).code, 0);
  assert.match(prompts(world)[1] ?? '', /^Go on from where you stopped/);
});

test('a prompt that Codex would refuse as too long is refused at once', async () => {
  await using world = await aWorkspace({ codex: {} });
  const stdin = 'x'.repeat(1_048_577);
  const { code, json } = await world.cliWith({ stdin }, 'task', '--json');
  assert.deepEqual([code, json.error.code], [2, 'usage']);
  assert.match(json.error.message, /takes at most/);
});

test('the candidate for --resume is the session’s latest finished task', async () => {
  await using world = await aWorkspace({ codex: {} });
  const none = await world.cli('task-resume-candidate', '--json');
  assert.deepEqual(none.json, { available: false, sessionId: null, candidate: null });
  const mine = { env: { CLAUDE_CODE_SESSION_ID: 'mine' } };
  const own = (await world.cliWith(mine, 'task', '--json', '[[say:mine]]')).json;
  await world.cli('task', '[[say:other]]');
  const { json } = await world.cliWith(mine, 'task-resume-candidate', '--json');
  const { completedAt, updatedAt, ...candidate } = json.candidate;
  assert.deepEqual([json.available, json.sessionId, updatedAt], [true, 'mine', completedAt]);
  assert.deepEqual(candidate, {
    id: own.jobId,
    status: 'completed',
    title: 'Codex Task',
    summary: '[[say:mine]]',
    threadId: own.threadId,
  });
});

test('a live task shows its phase, its thread and who holds the runtime', async () => {
  await using world = await aWorkspace({ codex: {} });
  const { jobId } = (await world.cli('task', '--background', '--json', '[[slow:30]]')).json;
  const json = await until('the turn is told', async () => {
    const found = (await world.cli('status', '--json')).json;
    return found.running[0]?.turnId && found;
  });
  const [job] = json.running;
  assert.equal(job.status, 'running');
  assert.equal(typeof job.phase, 'string');
  assert.ok(job.progressPreview.includes('Turn started.'));
  const { mode, endpoint } = json.sessionRuntime;
  assert.deepEqual([mode, endpoint, json.broker.refcount], ['shared', `unix:${json.broker.endpoint}`, 1]);
  assert.deepEqual(json.broker.leases, [{ jobId, pid: job.pid }]);
  const cancelled = await world.cli('cancel', jobId, '--json');
  const { status, turnInterruptAttempted, turnInterrupted, left } = cancelled.json;
  assert.deepEqual(
    [cancelled.code, status, turnInterruptAttempted, turnInterrupted, left],
    [0, 'cancelled', true, true, []],
  );
});
